//! Convolutions of 3 × 3 kernels and stride 1 by Winograd's minimal filtering.
//!
//! The output is cut into square tiles. Each tile's patch of the input is transformed into as many vectors as the tile
//! has products (the **positions**); at each position the patches of all tiles, one a row, are multiplied with that
//! position's weights, a matrix; and the products of each tile are transformed into its outputs. See
//! `winograd.rs` one folder up for why the input gradient needs no weights of its own.

use super::super::winograd::{Four, SIDE_OF_LARGE_TILES, Two, transform_weights};
use super::Direction;
use super::winograd_tile::{Tile, both_sides};
use crate::kernel::MapShape;
use crate::kernel::cpu::matrix::{self, COLUMNS, ROWS, Runs};
use crate::kernel::cpu::simd::{self, LANES, Vector};
use crate::kernel::cpu::{Epilogue, Scratch, Shared, at_least, threads};
use crate::kernel::layout::cell_stride;

/// Bytes of the patches and products that are worked on at a time: they stay in a core's L2 cache.
const BLOCK_BYTES: usize = 1 << 20;

/// Rows of a panel that are used for all tiles before the next: they fit the L1 cache.
const DEPTH_AT_ONCE: usize = 128;

/// Channels that one task transforms at once.
const CHANNELS_OF_A_TASK: usize = 64;

/// A convolution's weights, transformed; see the [module](self).
pub struct Winograd {
    large_tiles: bool,
    input_channels: usize,
    output_channels: usize,
    /// By position, panel of output channels, input channel, and output channel within the panel.
    weights: Vec<f32>,
}

impl Winograd {
    /// Transforms `weight`, `[out, in, 3, 3]`, for maps of `shape`, whose channels are the input's.
    pub fn new(weight: &[f32], shape: MapShape, output_channels: usize) -> Self {
        let large_tiles = shape.height.min(shape.width) >= SIDE_OF_LARGE_TILES;
        let weights = if large_tiles {
            pack::<Four, 4, 6>(weight, shape.channels, output_channels)
        } else {
            pack::<Two, 2, 4>(weight, shape.channels, output_channels)
        };
        Self { large_tiles, input_channels: shape.channels, output_channels, weights }
    }

    /// Runs over `input`, a map of `height × width` cells, into `output`, of as many.
    ///
    /// # Safety
    /// `output`, and the residual if any, have the length of the result.
    pub unsafe fn run(
        &self,
        direction: Direction,
        (height, width): (usize, usize),
        input: &[f32],
        epilogue: Epilogue,
        output: Shared,
        scratch: &mut Scratch,
    ) {
        // Safety: the caller's promise.
        unsafe {
            if self.large_tiles {
                self.run_tiles::<Four, 4, 6>(direction, (height, width), input, epilogue, output, scratch)
            } else {
                self.run_tiles::<Two, 2, 4>(direction, (height, width), input, epilogue, output, scratch)
            }
        }
    }

    unsafe fn run_tiles<T: Tile<OUT, IN>, const OUT: usize, const IN: usize>(
        &self,
        direction: Direction,
        (height, width): (usize, usize),
        input: &[f32],
        epilogue: Epilogue,
        output: Shared,
        scratch: &mut Scratch,
    ) {
        let (from, to) = match direction {
            Direction::Forward => (self.input_channels, self.output_channels),
            Direction::Backward => (self.output_channels, self.input_channels),
        };
        let (depth, results) = (cell_stride(from), cell_stride(to));
        assert_eq!(input.len(), height * width * depth, "input of a convolution");
        let (rows, columns) = (height.div_ceil(OUT), width.div_ceil(OUT));
        let positions = IN * IN;
        let row_bytes = columns * positions * (depth + results) * size_of::<f32>();
        let block_rows = (BLOCK_BYTES * threads::count() / row_bytes).clamp(1, rows);
        let patches_stride = position_stride(block_rows * columns * depth);
        let products_stride = position_stride(block_rows * columns * results);
        let patches = Shared::new(at_least(&mut scratch.left, positions * patches_stride));
        let products = Shared::new(at_least(&mut scratch.products, positions * products_stride));

        let map = Map { height, width, stride: depth };
        for first_row in (0..rows).step_by(block_rows) {
            let block_rows = block_rows.min(rows - first_row);
            let block = Block { first_row, columns, patches, patches_stride, products, products_stride };
            for_each_part(block_rows, depth, |row, channels| {
                // Safety: each task transforms other tiles, or other channels, of the block.
                unsafe { block.transform_input::<T, OUT, IN>(row, channels, map, input) }
            });
            // Safety: as many tiles as the block has; the weights are those of `positions`.
            unsafe {
                match direction {
                    Direction::Forward => self.multiply(&block, block_rows * columns, positions),
                    Direction::Backward => {
                        self.multiply_transposed::<T, OUT, IN>(&block, block_rows * columns);
                    }
                }
            }
            let map = Map { height, width, stride: results };
            for_each_part(block_rows, results, |row, channels| {
                // Safety: as above; tiles do not overlap in the output.
                unsafe { block.transform_output::<T, OUT, IN>(row, channels, map, epilogue, output) }
            });
        }
    }

    /// Floats of one panel.
    fn panel_length(&self) -> usize {
        cell_stride(self.input_channels) * COLUMNS
    }

    /// At each position, the patches times the weights.
    ///
    /// # Safety
    /// The block has so many tiles, and patches and products of as many channels as the weights.
    unsafe fn multiply(&self, block: &Block, tiles: usize, positions: usize) {
        let depth = cell_stride(self.input_channels);
        let results = cell_stride(self.output_channels);
        let panels = results.div_ceil(COLUMNS);
        for_each_chunk(positions * panels, |unit| {
            let (position, panel) = (unit / panels, unit % panels);
            let weights = &self.weights[unit * self.panel_length()..][..self.panel_length()];
            for (group, weights) in weights.chunks(DEPTH_AT_ONCE * COLUMNS).enumerate() {
                let first = group * DEPTH_AT_ONCE;
                let length = weights.len() / COLUMNS;
                let part = Part { depth, first, length, results, column: panel * COLUMNS };
                // Safety: the caller's promise; every unit writes other columns.
                unsafe { block.multiply(tiles, position, part, weights) }
            }
        });
    }

    /// At each position, the patches times the transposed weights of the position that turning the filter round leads to.
    ///
    /// The weights are transposed when they are needed, [`PANELS_AT_ONCE`] panels at a time and each of these from its
    /// first float to its last: as each weight is used for every tile this costs little, where a second copy of the
    /// weights would be the largest thing in memory.
    ///
    /// # Safety
    /// The block has so many tiles, and patches and products of as many channels as the transposed weights.
    unsafe fn multiply_transposed<T: Tile<OUT, IN>, const OUT: usize, const IN: usize>(
        &self,
        block: &Block,
        tiles: usize,
    ) {
        let depth = cell_stride(self.output_channels);
        let results = cell_stride(self.input_channels);
        let panels = depth.div_ceil(COLUMNS);
        threads::for_each(IN * IN, |position| {
            let turned = T::TURNED[position / IN] * IN + T::TURNED[position % IN];
            let weights = &self.weights[turned * panels * self.panel_length()..][..panels * self.panel_length()];
            let mut transposed = [0.0; PANELS_AT_ONCE * COLUMNS * COLUMNS];
            for (group, sources) in weights.chunks(PANELS_AT_ONCE * self.panel_length()).enumerate() {
                let first = group * PANELS_AT_ONCE * COLUMNS;
                for column in (0..results).step_by(COLUMNS) {
                    let rows = column * COLUMNS..results.min(column + COLUMNS) * COLUMNS;
                    for (panel, target) in sources
                        .chunks_exact(self.panel_length())
                        .zip(transposed.chunks_exact_mut(COLUMNS * COLUMNS))
                    {
                        transpose_block(&panel[rows.clone()], target);
                    }
                    let length = (depth - first).min(PANELS_AT_ONCE * COLUMNS);
                    let part = Part { depth, first, length, results, column };
                    // Safety: the caller's promise; every task writes another position.
                    unsafe { block.multiply(tiles, position, part, &transposed) }
                }
            }
        });
    }
}

/// Panels that are transposed together.
const PANELS_AT_ONCE: usize = 8;

/// Which part of a product of matrices is computed.
#[derive(Clone, Copy)]
struct Part {
    /// Columns of the left factor.
    depth: usize,
    /// The first of those used; unless it is 0, the products are added to what is there.
    first: usize,
    /// How many of them are used.
    length: usize,
    /// Columns of the result.
    results: usize,
    /// The first of those computed.
    column: usize,
}

/// Size of a map.
#[derive(Clone, Copy)]
struct Map {
    height: usize,
    width: usize,
    /// Floats of a cell.
    stride: usize,
}

/// A few rows of tiles, and where their patches and products lie: by position, tile, channel.
struct Block {
    first_row: usize,
    /// Tiles of a row.
    columns: usize,
    patches: Shared,
    patches_stride: usize,
    products: Shared,
    products_stride: usize,
}

impl Block {
    /// Transforms the patches of row `row` of the block, at some of the channels.
    ///
    /// # Safety
    /// `input` is a map of that size; no other thread works on the same tiles and channels.
    unsafe fn transform_input<T: Tile<OUT, IN>, const OUT: usize, const IN: usize>(
        &self,
        row: usize,
        channels: std::ops::Range<usize>,
        map: Map,
        input: &[f32],
    ) {
        // The patch begins one cell above and to the left of its tile: the convolution's padding.
        let top = (self.first_row + row) * OUT;
        for column in 0..self.columns {
            let left = column * OUT;
            let tile = row * self.columns + column;
            let inside = top >= 1 && left >= 1 && top + IN - 1 <= map.height && left + IN - 1 <= map.width;
            for channel in channels.clone().step_by(LANES) {
                let mut patch = [[simd::splat(0.0); IN]; IN];
                let mut read = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
                    for y in rows {
                        for x in columns.clone() {
                            let cell = (top + y - 1) * map.width + left + x - 1;
                            // Safety: the cell lies within the map, and the vector within the cell.
                            patch[y][x] = unsafe { simd::load(input.as_ptr().add(cell * map.stride + channel)) };
                        }
                    }
                };
                if inside {
                    read(0..IN, 0..IN);
                } else {
                    let within = |start: usize, side: usize| {
                        1_usize.saturating_sub(start)..IN.min((side + 1).saturating_sub(start))
                    };
                    read(within(top, map.height), within(left, map.width));
                }
                let transformed = both_sides(&patch, T::input);
                for (y, vectors) in transformed.into_iter().enumerate() {
                    for (x, vector) in vectors.into_iter().enumerate() {
                        let offset = (y * IN + x) * self.patches_stride + tile * map.stride + channel;
                        // Safety: this tile's and these channels' place.
                        unsafe { simd::store(self.patches.at(offset, LANES), vector) };
                    }
                }
            }
        }
    }

    /// Multiplies the patches of all tiles at one position with one panel.
    ///
    /// # Safety
    /// The block has that many tiles, and patches and products of that many channels; `panel` has a row for each used
    /// column of the patches; no other thread works on the same columns of this position.
    unsafe fn multiply(&self, tiles: usize, position: usize, part: Part, panel: &[f32]) {
        debug_assert!(panel.len() >= part.length * COLUMNS);
        let runs = Runs::contiguous(part.length);
        let whole = part.column + COLUMNS <= part.results;
        let patches = position * self.patches_stride + part.first;
        let products = position * self.products_stride + part.column;
        // Safety: rows and columns are within the block, by the caller's promise.
        unsafe {
            let put = |offset: usize, sum: Vector| {
                let target = self.products.at(offset, LANES);
                simd::store(target, if part.first == 0 { sum } else { simd::add(simd::load(target), sum) });
            };
            let store = |tile: usize, sums: matrix::Row<2>| {
                let offset = products + tile * part.results;
                put(offset, sums[0]);
                if whole {
                    put(offset + LANES, sums[1]);
                }
            };
            let row = |tile: usize| self.patches.at(patches + tile * part.depth, part.length).cast_const();
            matrix::for_each_tile(
                tiles,
                ROWS,
                |first| {
                    let rows: [*const f32; ROWS] = std::array::from_fn(|index| row(first + index));
                    let sums = matrix::multiply(rows, runs, panel.as_ptr());
                    for (index, sum) in sums.into_iter().enumerate() {
                        store(first + index, sum);
                    }
                },
                |tile| {
                    let [sum] = matrix::multiply([row(tile)], runs, panel.as_ptr());
                    store(tile, sum);
                },
            );
        }
    }

    /// Transforms the products of row `row` of the block into outputs, at some of the channels.
    ///
    /// # Safety
    /// `output`, and the residual if any, are maps of that size; no other thread works on the same tiles and channels.
    unsafe fn transform_output<T: Tile<OUT, IN>, const OUT: usize, const IN: usize>(
        &self,
        row: usize,
        channels: std::ops::Range<usize>,
        map: Map,
        epilogue: Epilogue,
        output: Shared,
    ) {
        let top = (self.first_row + row) * OUT;
        let height = OUT.min(map.height - top);
        for column in 0..self.columns {
            let left = column * OUT;
            let tile = row * self.columns + column;
            let width = OUT.min(map.width - left);
            for channel in channels.clone().step_by(LANES) {
                let products: [[Vector; IN]; IN] = std::array::from_fn(|y| {
                    std::array::from_fn(|x| {
                        let offset = (y * IN + x) * self.products_stride + tile * map.stride + channel;
                        // Safety: this tile's and these channels' place.
                        unsafe { simd::load(self.products.at(offset, LANES)) }
                    })
                });
                let outputs = both_sides(&products, T::output);
                for (y, vectors) in outputs.into_iter().enumerate().take(height) {
                    for (x, vector) in vectors.into_iter().enumerate().take(width) {
                        let offset = ((top + y) * map.width + left + x) * map.stride + channel;
                        // Safety: the cell lies within the map.
                        unsafe { epilogue.store(output, offset, channel, vector) };
                    }
                }
            }
        }
    }
}

/// Floats from one position to the next: an odd number of cache lines, so that the positions of one tile do not fall into
/// the same few places of the cache.
fn position_stride(floats: usize) -> usize {
    const LINE: usize = 16;
    (floats.div_ceil(LINE) | 1) * LINE
}

/// Calls `work` with each row of tiles and each part of the channels.
fn for_each_part(rows: usize, channels: usize, work: impl Fn(usize, std::ops::Range<usize>) + Sync + Send) {
    let parts = channels.div_ceil(CHANNELS_OF_A_TASK);
    threads::for_each(rows * parts, |task| {
        let first = task % parts * CHANNELS_OF_A_TASK;
        work(task / parts, first..channels.min(first + CHANNELS_OF_A_TASK));
    });
}

/// Calls `work` with each of `units`, in a few chunks for each thread.
fn for_each_chunk(units: usize, work: impl Fn(usize) + Sync + Send) {
    let chunks = if threads::count() == 1 { 1 } else { units.min(4 * threads::count()) };
    threads::for_each(chunks, |chunk| {
        (chunk * units / chunks..(chunk + 1) * units / chunks).for_each(&work);
    });
}

/// Writes the transpose of up to eight rows of eight into `columns`; rows that are not there become columns of zeros.
fn transpose_block(rows: &[f32], columns: &mut [f32]) {
    const SQUARE: usize = LANES * COLUMNS;
    assert!(rows.len().is_multiple_of(SQUARE) && columns.len() == COLUMNS * COLUMNS, "a block of weights");
    for (half, rows) in rows.chunks_exact(SQUARE).enumerate() {
        for part in 0..2 {
            // Safety: four rows of eight floats each, read and written four by four.
            unsafe {
                let source = rows.as_ptr().add(part * LANES);
                let vectors = simd::transpose(std::array::from_fn(|row| simd::load(source.add(row * COLUMNS))));
                let target = columns.as_mut_ptr().add(part * SQUARE + half * LANES);
                for (row, vector) in vectors.into_iter().enumerate() {
                    simd::store(target.add(row * COLUMNS), vector);
                }
            }
        }
    }
}

/// Transforms and packs `[out, in, 3, 3]`.
fn pack<T: Tile<OUT, IN>, const OUT: usize, const IN: usize>(
    weight: &[f32],
    inputs: usize,
    outputs: usize,
) -> Vec<f32> {
    let depth = cell_stride(inputs);
    let panels = outputs.div_ceil(COLUMNS);
    let position_length = panels * depth * COLUMNS;
    let mut packed = vec![0.0; IN * IN * position_length];
    for (filter, values) in weight.chunks_exact(9).enumerate() {
        let (output, input) = (filter / inputs, filter % inputs);
        let filter = std::array::from_fn(|y| std::array::from_fn(|x| f64::from(values[y * 3 + x])));
        let transformed = transform_weights::<T, IN>(filter);
        let place = (output / COLUMNS * depth + input) * COLUMNS + output % COLUMNS;
        for (position, &value) in transformed.as_flattened().iter().enumerate() {
            packed[position * position_length + place] = value as f32;
        }
    }
    packed
}
