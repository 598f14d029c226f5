// The gradient of `plain.wgsl` with respect to its input: an invocation computes four neighbouring channels of a cell, from
// all windows that look at it. The weights are the same.

@group(0) @binding(4) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(5) var<storage, read> weights: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = invocation(id, workgroups);
  let p = parameters;
  let vector = index % p.input_vectors;
  let cell = index / p.input_vectors;
  let row = cell / p.input_width;
  let column = cell % p.input_width;
  if (row >= p.input_height) {
    return;
  }
  var sum = vec4f();
  for (var y = 0u; y < p.kernel_height; y++) {
    // Above or to the left of the first window these wrap round and are beyond the last as well.
    let down = row + p.padding_top - y * p.dilation_down;
    let output_row = down / p.stride_down;
    for (var x = 0u; x < p.kernel_width; x++) {
      let across = column + p.padding_left - x * p.dilation_across;
      let output_column = across / p.stride_across;
      if (down % p.stride_down != 0u || across % p.stride_across != 0u) {
        continue;
      }
      if (output_row >= p.output_height || output_column >= p.output_width) {
        continue;
      }
      let source = (output_row * p.output_width + output_column) * p.output_vectors;
      let tap = (y * p.kernel_width + x) * p.inputs_of_group;
      for (var lane = 0u; lane < 4u; lane++) {
        let channel = vector * 4u + lane;
        if (channel >= p.groups * p.inputs_of_group) {
          continue;
        }
        let first = channel / p.inputs_of_group * p.outputs_of_group;
        let row_of_weights = (tap + channel % p.inputs_of_group) * p.output_vectors * 4u;
        for (var within = 0u; within < p.outputs_of_group; within++) {
          let from_channel = first + within;
          let value = gradient[source + from_channel / 4u][from_channel % 4u];
          sum[lane] += value * weights[row_of_weights + from_channel];
        }
      }
    }
  }
  store(index, vector, p.flags, sum);
}
