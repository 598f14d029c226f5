// The maximum over windows, and which cell of each window it is: the first, row by row. Padding counts as −∞.

@group(0) @binding(1) var<storage, read> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> maxima: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> arg_max: array<vec4u>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = invocation(id, workgroups);
  let p = parameters;
  if (index >= p.output_height * p.output_width * p.vectors) {
    return;
  }
  let vector = index % p.vectors;
  let cell = index / p.vectors;
  let top = (cell / p.output_width) * p.stride_down;
  let left = (cell % p.output_width) * p.stride_across;
  var best = vec4f();
  var place = vec4u();
  var first = true;
  for (var y = 0u; y < p.kernel_height; y++) {
    for (var x = 0u; x < p.kernel_width; x++) {
      // Above or to the left of the map these wrap round and are beyond it as well.
      let row = top + y - p.padding_top;
      let column = left + x - p.padding_left;
      if (row < p.input_height && column < p.input_width) {
        let value = input[(row * p.input_width + column) * p.vectors + vector];
        let better = (value > best) | vec4<bool>(first);
        best = select(best, value, better);
        place = select(place, vec4u(y * p.kernel_width + x), better);
        first = false;
      }
    }
  }
  maxima[index] = best;
  arg_max[index] = place;
}
