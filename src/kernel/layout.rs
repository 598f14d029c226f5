//! From channel by channel (CHW), as photos come and maps are returned, to cell by cell (HWC), as the kernels of both
//! engines work.

use super::MapShape;

/// Floats of a vector, to which cells are padded.
pub const LANES: usize = 4;

/// Floats of one cell: its channels, padded with zeros to whole vectors.
pub const fn cell_stride(channels: usize) -> usize {
    channels.next_multiple_of(LANES)
}

/// Floats of a whole feature map in the kernels' layout.
pub const fn length(shape: MapShape) -> usize {
    shape.area() * cell_stride(shape.channels)
}

/// Cells at a time: few enough that their channels stay in the L1 cache while they are rearranged.
const BLOCK: usize = 16;

/// CHW to HWC.
pub fn to_cells(shape: MapShape, channels: &[f32]) -> Vec<f32> {
    let stride = cell_stride(shape.channels);
    let mut cells = vec![0.0; length(shape)];
    for (block, cells) in cells.chunks_mut(BLOCK * stride).enumerate() {
        for (channel, values) in channels.chunks_exact(shape.area()).enumerate() {
            for (cell, &value) in cells.chunks_exact_mut(stride).zip(&values[block * BLOCK..]) {
                cell[channel] = value;
            }
        }
    }
    cells
}

/// HWC to CHW.
pub fn to_channels(shape: MapShape, cells: &[f32]) -> Vec<f32> {
    let stride = cell_stride(shape.channels);
    let mut channels = vec![0.0; shape.len()];
    for (block, cells) in cells.chunks(BLOCK * stride).enumerate() {
        for (channel, values) in channels.chunks_exact_mut(shape.area()).enumerate() {
            for (cell, value) in cells.chunks_exact(stride).zip(&mut values[block * BLOCK..]) {
                *value = cell[channel];
            }
        }
    }
    channels
}
