// The mean of each feature map.

@group(0) @binding(4) var<storage, read> input: array<Vector>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = invocation(id, workgroups);
  if (index >= parameters.vectors) {
    return;
  }
  var sum = Vector();
  for (var cell = 0u; cell < parameters.cells; cell++) {
    sum += input[cell * parameters.vectors + index];
  }
  store(index, index, parameters.flags, sum / f32(parameters.cells));
}
