// Transforms the patch of each tile: one cell more than the tile on every side, the convolution's padding. An invocation
// transforms one vector of channels of one tile.

@group(0) @binding(1) var<storage, read> input: array<Vector>;
@group(0) @binding(2) var<storage, read_write> patches: array<Vector>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = invocation(id, workgroups);
  let p = parameters;
  if (index >= p.tiles * p.vectors) {
    return;
  }
  let vector = index % p.vectors;
  let tile = index / p.vectors;
  // Above or to the left of the map these wrap round and are beyond it as well.
  let input_row$y = tile / p.columns * OUTPUTS + $yu - 1u;
  let input_column$x = tile % p.columns * OUTPUTS + $xu - 1u;
  let start$y = min(input_row$y, p.height - 1u) * p.width;
  let offset$x = min(input_column$x, p.width - 1u);
  let cell$y$x = select(Vector(), input[(start$y + offset$x) * p.vectors + vector], input_row$y < p.height && input_column$x < p.width);
  let column$x = transform_input(@y(cell$y$x, ));
  let transformed$y = transform_input(@x(column$x[$y], ));
  let position = p.tiles * p.vectors;
  patches[($yu * INPUTS + $xu) * position + index] = transformed$y[$x];
}
