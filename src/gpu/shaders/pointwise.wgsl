// Passes a gradient on as it is, but for what `store` does to it.

struct Parameters {
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
  // No flag that asks for a channel is used here.
  store(id.x, 0u, parameters.flags, input[id.x]);
}
