// The gradient of a max-pool: each cell gathers the gradients of the windows whose maximum it is.

@group(0) @binding(4) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(5) var<storage, read> places: array<vec4u>;

@compute @workgroup_size(PLACES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let p = parameters;
  if (id.x >= p.input_height * p.input_width * p.vectors) {
    return;
  }
  let vector = id.x % p.vectors;
  let cell = id.x / p.vectors;
  let row = cell / p.input_width + p.padding;
  let column = cell % p.input_width + p.padding;
  var sum = vec4f();
  // Windows begin at multiples of the stride, and this cell is `y` rows and `x` columns into them.
  for (var y = row % p.stride; y < min(p.kernel, row + 1u); y += p.stride) {
    for (var x = column % p.stride; x < min(p.kernel, column + 1u); x += p.stride) {
      let window_row = (row - y) / p.stride;
      let window_column = (column - x) / p.stride;
      if (window_row < p.output_height && window_column < p.output_width) {
        let window = (window_row * p.output_width + window_column) * p.vectors + vector;
        sum += select(vec4f(), gradient[window], places[window] == vec4u(y * p.kernel + x));
      }
    }
  }
  store(id.x, vector, p.flags, sum);
}
