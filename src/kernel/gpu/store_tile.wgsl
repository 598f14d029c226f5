// The end of the direct convolutions: stores what an invocation has summed up. Its cells lie `step` apart, those from
// `limit` on do not exist; its vectors of channels begin at `vector`. There is one slice (see `store_slices.wgsl`).
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
  if (first + $pu * step < limit && vector + $qu < vectors) { store((first + $pu * step) * vectors + vector + $qu, vector + $qu, flags, sum$p_$q); }
}
