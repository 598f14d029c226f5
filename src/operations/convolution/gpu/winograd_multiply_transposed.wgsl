// At each position, the patches of all tiles of a gradient times the transposed weights of the position that turning the
// filter round leads to. An invocation computes PIXELS tiles, VECTORS × 4 channels each. See `winograd_multiply.wgsl`.

@group(0) @binding(1) var<storage, read> patches: array<vec4f>;
@group(0) @binding(2) var<storage, read> weights: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> products: array<vec4f>;

fn turned(index: u32) -> u32 {
  return (parameters.turned >> (4u * index)) & 15u;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = invocation(id, workgroups);
  let p = parameters;
  let groups = (p.input_vectors + VECTORS - 1u) / VECTORS;
  let vector = index % groups * VECTORS;
  let tile = index / groups * PIXELS;
  if (tile >= p.tiles) {
    return;
  }
  let position = turned(id.z / p.side) * p.side + turned(id.z % p.side);
  // Beyond the last tile or vector the last one is computed once more, and not stored.
  let patch$p = (id.z * p.tiles + min(tile + $pu, p.tiles - 1u)) * p.output_vectors;
  let block$q = (position * p.input_vectors + min(vector + $qu, p.input_vectors - 1u)) * p.output_vectors;
  var sum$p_$q = vec4f();
  for (var channel = 0u; channel < p.output_vectors; channel++) {
    let value$p = patches[patch$p + channel];
    let weight$q_$r = weights[(block$q + channel) * 4u + $ru];
    sum$p_$q += vec4f(@r(dot(value$p, weight$q_$r), ));
  }
  let product = (id.z * p.tiles + tile) * p.input_vectors + vector;
  if (tile + $pu < p.tiles && vector + $qu < p.input_vectors) { products[product + $pu * p.input_vectors + $qu] = sum$p_$q; }
}
