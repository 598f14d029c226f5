// The convolution that networks begin with, 7 × 7 with stride 2 over the three channels of a photo. An invocation computes
// PIXELS neighbouring cells of a row, VECTORS × 4 channels each. What a general convolution spends its time on here is
// gone: every input is read once for all cells that use it, and the fourth channel, a zero, is left out.

@group(0) @binding(4) var<storage, read> input: array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = invocation(id, workgroups);
  let p = parameters;
  let groups = (p.output_vectors + VECTORS - 1u) / VECTORS;
  let vector = index % groups * VECTORS;
  let part = index / groups;
  let tiles = (p.output_width + PIXELS - 1u) / PIXELS;
  let row = part / tiles;
  let left = part % tiles * PIXELS;
  if (row >= p.output_height) {
    return;
  }
  // Beyond the last vector the last one is computed once more, and not stored.
  let vector$q = min(vector + $qu, p.output_vectors - 1u) * 4u;
  // To the left of the map these wrap round and are beyond it as well.
  let column$c = left * 2u + $cu - 3u;
  let inside$c = column$c < p.input_width;
  let place$c = select(0u, column$c, inside$c);
  var sum$p_$q = vec4f();
  for (var y = 0u; y < 7u; y++) {
    let input_row = row * 2u + y - 3u;
    if (input_row < p.input_height) {
      let start = input_row * p.input_width;
      let value$c = select(vec4f(), input[start + place$c], inside$c);
      let values = array<vec4f, SPAN>(@c(value$c, ));
      let taps = y * 7u * p.output_vectors * 4u;
      { @q(let weight$q = weights[taps + $xu * p.output_vectors * 4u + vector$q + $ru]; ) @p(@q(sum$p_$q = fma(vec4f(values[$pu * 2u + $xu][$ru]), weight$q, sum$p_$q); )) }
    }
  }
  let cell = row * p.output_width + left;
  if (left + $pu < p.output_width && vector + $qu < p.output_vectors) { store((cell + $pu) * p.output_vectors + vector + $qu, vector + $qu, p.flags, sum$p_$q); }
}
