// The gradient of a convolution with respect to its input, given that of its output. An invocation computes PIXELS cells
// of a row, one stride apart, VECTORS × 4 channels each: such cells are reached by the same places of the kernel, every
// stride-th one, so nothing is multiplied with a zero between two gradients. Weights are those of the forward pass.

@group(0) @binding(4) var<storage, read> gradient: array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE, 1, SLICES)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let index = invocation(id, workgroups);
  let p = parameters;
  let groups = (p.input_vectors + VECTORS - 1u) / VECTORS;
  let vector = index % groups * VECTORS;
  let part = index / groups;
  let span = PIXELS * p.stride_across;
  let tiles = (p.input_width + span - 1u) / span;
  let row = part / (tiles * p.stride_across);
  let left = part % tiles * span + part / tiles % p.stride_across;
  // Beyond the last vector the last one is computed once more, and not stored.
  let vector$q = min(vector + $qu, p.input_vectors - 1u);
  var sum$p_$q = vec4f();
  for (var y = (row + p.padding_top) % p.stride_down; y < p.kernel_height; y += p.stride_down) {
    // Cell and place of the kernel lead to this row of the output; above the map it wraps round and is beyond it as well.
    let output_row = (row + p.padding_top - y) / p.stride_down;
    if (row + p.padding_top >= y && output_row < p.output_height) {
      for (var x = (left + p.padding_left) % p.stride_across; x < p.kernel_width; x += p.stride_across) {
        let column$p = left + $pu * p.stride_across + p.padding_left - x;
        let inside$p = left + $pu * p.stride_across + p.padding_left >= x && column$p / p.stride_across < p.output_width;
        let cell$p = (output_row * p.output_width + select(0u, column$p / p.stride_across, inside$p)) * p.output_vectors;
        let tap = (y * p.kernel_width + x) * p.input_vectors;
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
    row * p.input_width + left, p.stride_across, limit, vector, p.input_vectors, p.flags,
    @p(@q(sum$p_$q, ))
  );
}
