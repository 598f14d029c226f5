// The gradient of a convolution with respect to its input, given that of its output. An invocation computes PIXELS cells
// of a row, one stride apart, VECTORS × 4 channels each: such cells are reached by the same places of the kernel, every
// stride-th one, so nothing is multiplied with a zero between two gradients. Weights are those of the forward pass.

@group(0) @binding(4) var<storage, read> gradient: array<vec4f>;

@compute @workgroup_size(PLACES, 1, SLICES)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let p = parameters;
  let groups = (p.input_vectors + VECTORS - 1u) / VECTORS;
  let vector = id.x % groups * VECTORS;
  let part = id.x / groups;
  let tiles = (p.input_width + PIXELS * p.stride - 1u) / (PIXELS * p.stride);
  let row = part / (tiles * p.stride);
  let left = part % tiles * PIXELS * p.stride + part / tiles % p.stride;
  // Beyond the last vector the last one is computed once more, and not stored.
  let vector$q = min(vector + $qu, p.input_vectors - 1u);
  var sum$p_$q = vec4f();
  for (var y = (row + p.padding) % p.stride; y < p.kernel; y += p.stride) {
    // Cell and place of the kernel lead to this row of the output; above the map it wraps round and is beyond it as well.
    let output_row = (row + p.padding - y) / p.stride;
    if (row + p.padding >= y && output_row < p.output_height) {
      for (var x = (left + p.padding) % p.stride; x < p.kernel; x += p.stride) {
        let column$p = left + $pu * p.stride + p.padding - x;
        let inside$p = left + $pu * p.stride + p.padding >= x && column$p / p.stride < p.output_width;
        let cell$p = (output_row * p.output_width + select(0u, column$p / p.stride, inside$p)) * p.output_vectors;
        let tap = (y * p.kernel + x) * p.input_vectors;
        for (var channel = local.z; channel < p.output_vectors; channel += SLICES) {
          let value$p = select(vec4f(), gradient[cell$p + channel], inside$p);
          let block$q = ((tap + vector$q) * p.output_vectors + channel) * 4u;
          let weight$q_$r = weights[block$q + $ru];
          sum$p_$q += vec4f(@r(dot(value$p, weight$q_$r), ));
        }
      }
    }
  }
  // Beyond the last row nothing is stored.
  let limit = select(0u, (row + 1u) * p.input_width, row < p.input_height);
  store_tile(
    local.x, local.z,
    row * p.input_width + left, p.stride, limit, vector, p.input_vectors, p.flags,
    @p(@q(sum$p_$q, ))
  );
}
