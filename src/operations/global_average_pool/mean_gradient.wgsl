// The gradient of the mean: every cell gets the same share.

@group(0) @binding(4) var<storage, read> gradient: array<Vector>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = invocation(id, workgroups);
  if (index >= parameters.cells * parameters.vectors) {
    return;
  }
  let channel = index % parameters.vectors;
  store(index, channel, parameters.flags, gradient[channel] / f32(parameters.cells));
}
