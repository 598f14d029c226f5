// The mean over windows. An invocation computes one vector of channels of one cell.

@group(0) @binding(4) var<storage, read> input: array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = invocation(id, workgroups);
  let p = parameters;
  if (index >= p.output_height * p.output_width * p.vectors) {
    return;
  }
  let vector = index % p.vectors;
  let cell = index / p.vectors;
  let output_row = cell / p.output_width;
  let output_column = cell % p.output_width;
  var sum = vec4f();
  for (var y = 0u; y < p.kernel_height; y++) {
    for (var x = 0u; x < p.kernel_width; x++) {
      // Above or to the left of the map these wrap round and are beyond it as well.
      let row = output_row * p.stride_down + y - p.padding_top;
      let column = output_column * p.stride_across + x - p.padding_left;
      if (row < p.input_height && column < p.input_width) {
        sum += input[(row * p.input_width + column) * p.vectors + vector];
      }
    }
  }
  store(index, vector, p.flags, sum / divisor(output_row, output_column));
}
