// Passes a gradient on as it is, but for what `store` does to it.

@group(0) @binding(4) var<storage, read> input: array<Vector>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = invocation(id, workgroups);
  if (index >= parameters.vectors) {
    return;
  }
  // No flag that asks for a channel is used here.
  store(index, 0u, parameters.flags, input[index]);
}
