// The gradient of `stem.wgsl` with respect to its input. An invocation computes PIXELS cells of a row, two apart: such
// cells are reached by the same places of the kernel, every second one, and each gradient is read once for all of them.

@group(0) @binding(4) var<storage, read> gradient: array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = invocation(id, workgroups);
  let p = parameters;
  let tiles = (p.input_width + 2u * PIXELS - 1u) / (2u * PIXELS);
  let row = index / (2u * tiles);
  let left = index % tiles * 2u * PIXELS + index / tiles % 2u;
  if (row >= p.input_height) {
    return;
  }
  // The first place of the kernel that reaches these cells, down and across, and the gradient that it leads to.
  let first_y = (row + 3u) % 2u;
  let first_x = (left + 3u) % 2u;
  let last = (left + 3u - first_x) / 2u;
  // To the left of the map these wrap round and are beyond it as well.
  let column$c = last + $cu - 3u;
  let inside$c = column$c < p.output_width;
  let place$c = select(0u, column$c, inside$c) * p.output_vectors;
  var sum$p = vec4f();
  for (var y = first_y; y < 7u; y += 2u) {
    let output_row = (row + 3u - y) / 2u;
    if (row + 3u >= y && output_row < p.output_height) {
      let start = output_row * p.output_width * p.output_vectors;
      let taps = (y * 7u + first_x) * p.output_vectors;
      for (var channel = 0u; channel < p.output_vectors; channel++) {
        let value$c = select(vec4f(), gradient[start + place$c + channel], inside$c);
        let values = array<vec4f, SPAN>(@c(value$c, ));
        // Of places with odd numbers there are only three.
        if (first_x + 2u * $ju < 7u) { @r(let weight$r = weights[(taps + $ju * 2u * p.output_vectors + channel) * 4u + $ru]; ) @p(sum$p += vec4f(@r(dot(values[$pu + 3u - $ju], weight$r), )0.0); ) }
      }
    }
  }
  if (left + $pu * 2u < p.input_width) { store(row * p.input_width + left + $pu * 2u, 0u, p.flags, sum$p); }
}
