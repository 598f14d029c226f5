// Transforms the products of each tile into its outputs. An invocation transforms one vector of channels of one tile.

@group(0) @binding(4) var<storage, read> products: array<Vector>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = invocation(id, workgroups);
  let p = parameters;
  if (index >= p.tiles * p.vectors) {
    return;
  }
  let vector = index % p.vectors;
  let tile = index / p.vectors;
  let position = p.tiles * p.vectors;
  let product$y$x = products[($yu * INPUTS + $xu) * position + index];
  let column$x = transform_output(@y(product$y$x, ));
  let result$i = transform_output(@x(column$x[$i], ));
  let row$i = tile / p.columns * OUTPUTS + $iu;
  let column_$j = tile % p.columns * OUTPUTS + $ju;
  if (row$i < p.height && column_$j < p.width) { store((row$i * p.width + column_$j) * p.vectors + vector, vector, p.flags, result$i[$j]); }
}
