// What every kernel begins with.

// The number of an invocation. Workgroups are dispatched along two dimensions where there are more of them than one
// dimension holds; a kernel's third dimension is its own.
fn invocation(id: vec3u, workgroups: vec3u) -> u32 {
  return id.y * workgroups.x * WORKGROUP_SIZE + id.x;
}
