// A map times a scale for each channel. What is added is up to the store.

@group(0) @binding(4) var<storage, read> input: array<vec4f>;
@group(0) @binding(5) var<storage, read> scale: array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = invocation(id, workgroups);
  if (index >= parameters.cells * parameters.vectors) {
    return;
  }
  let channel = index % parameters.vectors;
  store(index, channel, parameters.flags, input[index] * scale[channel]);
}
