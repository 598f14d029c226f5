// The gradient of the mean: every cell gets the same share.

struct Parameters {
  cells: u32,
  vectors: u32,
  flags: u32,
}

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(4) var<storage, read> gradient: array<Vector>;

@compute @workgroup_size(PLACES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= parameters.cells * parameters.vectors) {
    return;
  }
  let channel = id.x % parameters.vectors;
  store(id.x, channel, parameters.flags, gradient[channel] / f32(parameters.cells));
}
