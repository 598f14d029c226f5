// At each position, the patches of all tiles times the weights. An invocation computes PIXELS tiles, VECTORS × 4 channels
// each.
//
// Patches and products lie by position, tile, and channel. Weights lie by position in blocks of 4 × 4: four input
// channels, four output channels, and within the block by input channel. So the input gradient can use them as well.

@group(0) @binding(1) var<storage, read> patches: array<vec4f>;
@group(0) @binding(2) var<storage, read> weights: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> products: array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = invocation(id, workgroups);
  let p = parameters;
  let groups = (p.output_vectors + VECTORS - 1u) / VECTORS;
  let vector = index % groups * VECTORS;
  let tile = index / groups * PIXELS;
  if (tile >= p.tiles) {
    return;
  }
  // Beyond the last tile or vector the last one is computed once more, and not stored.
  let patch$p = (id.z * p.tiles + min(tile + $pu, p.tiles - 1u)) * p.input_vectors;
  let vector$q = min(vector + $qu, p.output_vectors - 1u) * 4u;
  var sum$p_$q = vec4f();
  for (var channel = 0u; channel < p.input_vectors; channel++) {
    let value$p = patches[patch$p + channel];
    let block = (id.z * p.input_vectors + channel) * p.output_vectors * 4u;
    let weight$q_$r = weights[block + vector$q + $ru];
    sum$p_$q = fma(vec4f(value$p.x), weight$q_0, sum$p_$q);
    sum$p_$q = fma(vec4f(value$p.y), weight$q_1, sum$p_$q);
    sum$p_$q = fma(vec4f(value$p.z), weight$q_2, sum$p_$q);
    sum$p_$q = fma(vec4f(value$p.w), weight$q_3, sum$p_$q);
  }
  let product = (id.z * p.tiles + tile) * p.output_vectors + vector;
  if (tile + $pu < p.tiles && vector + $qu < p.output_vectors) { products[product + $pu * p.output_vectors + $qu] = sum$p_$q; }
}
