// A convolution by its definition. An invocation computes PIXELS neighbouring cells of a row, VECTORS × 4 channels each.

@group(0) @binding(4) var<storage, read> input: array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE, 1, SLICES)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let index = invocation(id, workgroups);
  let p = parameters;
  let groups = (p.output_vectors + VECTORS - 1u) / VECTORS;
  let vector = index % groups * VECTORS;
  let part = index / groups;
  let tiles = (p.output_width + PIXELS - 1u) / PIXELS;
  let row = part / tiles;
  let left = part % tiles * PIXELS;
  // Beyond the last vector the last one is computed once more, and not stored.
  let vector$q = min(vector + $qu, p.output_vectors - 1u) * 4u;
  var sum$p_$q = vec4f();
  for (var y = 0u; y < p.kernel_height; y++) {
    // Above or to the left of the map these wrap round and are beyond it as well.
    let input_row = row * p.stride_down + y - p.padding_top;
    if (input_row < p.input_height) {
      for (var x = 0u; x < p.kernel_width; x++) {
        let column$p = (left + $pu) * p.stride_across + x - p.padding_left;
        let inside$p = column$p < p.input_width;
        let cell$p = (input_row * p.input_width + select(0u, column$p, inside$p)) * p.input_vectors;
        let tap = (y * p.kernel_width + x) * p.input_vectors;
        for (var channel = local.z; channel < p.input_vectors; channel += SLICES) {
          let value$p = select(vec4f(), input[cell$p + channel], inside$p);
          let block = (tap + channel) * p.output_vectors * 4u;
          let weight$q_$r = weights[block + vector$q + $ru];
          sum$p_$q = fma(vec4f(value$p.x), weight$q_0, sum$p_$q);
          sum$p_$q = fma(vec4f(value$p.y), weight$q_1, sum$p_$q);
          sum$p_$q = fma(vec4f(value$p.z), weight$q_2, sum$p_$q);
          sum$p_$q = fma(vec4f(value$p.w), weight$q_3, sum$p_$q);
        }
      }
    }
  }
  // Beyond the last row nothing is stored.
  let limit = select(0u, (row + 1u) * p.output_width, row < p.output_height);
  store_tile(
    local.x, local.z,
    row * p.output_width + left, 1u, limit, vector, p.output_vectors, p.flags,
    @p(@q(sum$p_$q, ))
  );
}
