// Transforms the products of each tile into its outputs. An invocation transforms one vector of channels of one tile.

struct Parameters {
  height: u32,
  width: u32,
  vectors: u32,
  // Tiles of a row, and in all.
  columns: u32,
  tiles: u32,
  flags: u32,
}

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(4) var<storage, read> products: array<Vector>;

@compute @workgroup_size(PLACES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let p = parameters;
  if (id.x >= p.tiles * p.vectors) {
    return;
  }
  let vector = id.x % p.vectors;
  let tile = id.x / p.vectors;
  let position = p.tiles * p.vectors;
  let product$y$x = products[($yu * INPUTS + $xu) * position + id.x];
  let column$x = transform_output(@y(product$y$x, ));
  let result$i = transform_output(@x(column$x[$i], ));
  let row$i = tile / p.columns * OUTPUTS + $iu;
  let column_$j = tile % p.columns * OUTPUTS + $ju;
  if (row$i < p.height && column_$j < p.width) { store((row$i * p.width + column_$j) * p.vectors + vector, vector, p.flags, result$i[$j]); }
}
