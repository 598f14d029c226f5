// The mean of each feature map.

struct Parameters {
  cells: u32,
  vectors: u32,
  flags: u32,
}

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(4) var<storage, read> input: array<Vector>;

@compute @workgroup_size(PLACES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= parameters.vectors) {
    return;
  }
  var sum = Vector();
  for (var cell = 0u; cell < parameters.cells; cell++) {
    sum += input[cell * parameters.vectors + id.x];
  }
  store(id.x, id.x, parameters.flags, sum / f32(parameters.cells));
}
