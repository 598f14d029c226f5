// The end of the direct convolutions where the invocations of a workgroup have each summed up a slice of the input
// channels, for want of other work to share: adds the slices up, and stores. Its cells lie `step` apart, those from
// `limit` on do not exist; its vectors of channels begin at `vector`.

// By slice, then by place within the slice, then by cell and vector.
var<workgroup> slices: array<vec4f, SLICES * WORKGROUP_SIZE * PIXELS * VECTORS>;

fn store_tile(
  place: u32,
  slice: u32,
  first: u32,
  step: u32,
  limit: u32,
  vector: u32,
  vectors: u32,
  flags: u32,
  sum$p_$q: vec4f,
) {
  let own = (slice * WORKGROUP_SIZE + place) * PIXELS * VECTORS;
  slices[own + $pu * VECTORS + $qu] = sum$p_$q;
  workgroupBarrier();
  // Each slice's invocation finishes some of the results.
  for (var result = slice; result < PIXELS * VECTORS; result += SLICES) {
    var sum = vec4f();
    for (var other_slice = 0u; other_slice < SLICES; other_slice++) {
      sum += slices[(other_slice * WORKGROUP_SIZE + place) * PIXELS * VECTORS + result];
    }
    let cell = first + result / VECTORS * step;
    let channel = vector + result % VECTORS;
    if (cell < limit && channel < vectors) {
      store(cell * vectors + channel, channel, flags, sum);
    }
  }
}
