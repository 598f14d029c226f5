// Convolutions with groups or dilation, by their definition: an invocation computes four neighbouring channels of a cell.
//
// Weights lie by window place, input channel within its group, and output channel, padded to whole vectors.

@group(0) @binding(4) var<storage, read> input: array<vec4f>;
@group(0) @binding(5) var<storage, read> weights: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = invocation(id, workgroups);
  let p = parameters;
  let vector = index % p.output_vectors;
  let cell = index / p.output_vectors;
  let row = cell / p.output_width;
  let column = cell % p.output_width;
  if (row >= p.output_height) {
    return;
  }
  var sum = vec4f();
  for (var y = 0u; y < p.kernel_height; y++) {
    // Above or to the left of the map these wrap round and are beyond it as well.
    let input_row = row * p.stride_down + y * p.dilation_down - p.padding_top;
    for (var x = 0u; x < p.kernel_width; x++) {
      let input_column = column * p.stride_across + x * p.dilation_across - p.padding_left;
      if (input_row >= p.input_height || input_column >= p.input_width) {
        continue;
      }
      let source = (input_row * p.input_width + input_column) * p.input_vectors;
      let tap = (y * p.kernel_width + x) * p.inputs_of_group;
      for (var lane = 0u; lane < 4u; lane++) {
        let channel = vector * 4u + lane;
        // Beyond the last channel the weights are zeros.
        let first = min(channel / p.outputs_of_group, p.groups - 1u) * p.inputs_of_group;
        for (var within = 0u; within < p.inputs_of_group; within++) {
          let from_channel = first + within;
          let value = input[source + from_channel / 4u][from_channel % 4u];
          sum[lane] += value * weights[(tap + within) * p.output_vectors * 4u + channel];
        }
      }
    }
  }
  store(index, vector, p.flags, sum);
}
