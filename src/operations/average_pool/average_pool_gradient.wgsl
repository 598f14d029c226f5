// The gradient of an average pool: each cell gathers its shares of the gradients of the windows that meet it.

@group(0) @binding(4) var<storage, read> gradient: array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = invocation(id, workgroups);
  let p = parameters;
  if (index >= p.input_height * p.input_width * p.vectors) {
    return;
  }
  let vector = index % p.vectors;
  let cell = index / p.vectors;
  let row = cell / p.input_width + p.padding_top;
  let column = cell % p.input_width + p.padding_left;
  var sum = vec4f();
  // Windows begin at multiples of the stride, and this cell is `y` rows and `x` columns into them.
  for (var y = row % p.stride_down; y < min(p.kernel_height, row + 1u); y += p.stride_down) {
    for (var x = column % p.stride_across; x < min(p.kernel_width, column + 1u); x += p.stride_across) {
      let window_row = (row - y) / p.stride_down;
      let window_column = (column - x) / p.stride_across;
      if (window_row < p.output_height && window_column < p.output_width) {
        let window = (window_row * p.output_width + window_column) * p.vectors + vector;
        sum += gradient[window] / divisor(window_row, window_column);
      }
    }
  }
  store(index, vector, p.flags, sum);
}
