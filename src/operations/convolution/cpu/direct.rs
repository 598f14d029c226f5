//! Convolutions of any kernel and stride, as products of a matrix that is never written down.
//!
//! In a map that is stored cell by cell, with its padding written out, a window is a few runs of neighbouring floats,
//! one for each of its rows. These runs are the rows of the left factor, read where they lie.

use crate::kernel::cpu::matrix::{self, COLUMNS, ROWS, Runs};
use crate::kernel::cpu::simd::LANES;
use crate::kernel::cpu::{Epilogue, Shared, threads};

/// Cells that one task computes at most: few enough that the input they read stays in the cache from panel to panel.
const CELLS_OF_A_TASK: usize = 448;

/// A map with its padding written out.
#[derive(Clone, Copy)]
pub struct PaddedMap<'a> {
    /// Row by row, cell by cell.
    pub values: &'a [f32],
    /// Floats of a row.
    pub row_stride: usize,
    /// Floats of a cell.
    pub cell_stride: usize,
}

/// Along one side: which windows are read, and where their results go. Window `i` begins at `first + i · step` of the
/// padded input, and its result is cell `target + i · target_step` of the output.
#[derive(Debug, Clone, Copy)]
pub struct WindowWalk {
    /// Cells of the window.
    pub kernel: usize,
    /// How many windows.
    pub count: usize,
    /// Where window 0 begins in the padded input.
    pub first: usize,
    /// From one window's beginning to the next's.
    pub step: usize,
    /// Cell of the output that window 0 leads to.
    pub target: usize,
    /// From one window's cell of the output to the next's.
    pub target_step: usize,
}

/// The weights of a convolution in panels of output channels, and the windows they are applied to.
pub struct Direct {
    /// Down and across.
    pub walks: [WindowWalk; 2],
    input_channels: usize,
    /// Of the output, padded to whole vectors.
    outputs: usize,
    /// Output channels of a panel.
    columns: usize,
    /// Floats of an output row.
    output_row: usize,
    /// By panel, row of the window, column of the window, input channel, and output channel within the panel.
    weights: Vec<f32>,
}

impl Direct {
    /// Packs the weights that `weight(out, in, y, x)` returns. `outputs` is the output's number of channels, and
    /// `output_width` its number of columns.
    pub fn new(
        walks: [WindowWalk; 2],
        input_channels: usize,
        outputs: usize,
        output_width: usize,
        weight: impl Fn(usize, usize, usize, usize) -> f32,
    ) -> Self {
        let [down, across] = walks;
        let columns = if outputs <= LANES { LANES } else { COLUMNS };
        let mut weights =
            Vec::with_capacity(outputs.next_multiple_of(columns) * down.kernel * across.kernel * input_channels);
        for panel in (0..outputs).step_by(columns) {
            for y in 0..down.kernel {
                for x in 0..across.kernel {
                    for input in 0..input_channels {
                        weights.extend(
                            (panel..panel + columns)
                                .map(|output| if output < outputs { weight(output, input, y, x) } else { 0.0 }),
                        );
                    }
                }
            }
        }
        let outputs = outputs.next_multiple_of(LANES);
        Self { walks, input_channels, outputs, columns, output_row: output_width * outputs, weights }
    }

    /// Applies the weights to every window.
    ///
    /// # Safety
    /// `input` holds every window; `output`, and the residual if any, are maps of the output's shape.
    pub unsafe fn run(&self, input: PaddedMap, epilogue: Epilogue, output: Shared) {
        // Safety: the caller's promise; the panels have as many columns as the tiles.
        unsafe {
            if self.columns == COLUMNS {
                self.run_tiles::<ROWS, 2>(input, epilogue, output);
            } else {
                self.run_tiles::<{ 2 * ROWS }, 1>(input, epilogue, output);
            }
        }
    }

    unsafe fn run_tiles<const ROWS: usize, const VECTORS: usize>(
        &self,
        input: PaddedMap,
        epilogue: Epilogue,
        output: Shared,
    ) {
        let [down, across] = self.walks;
        let runs =
            Runs { count: down.kernel, stride: input.row_stride, length: across.kernel * self.input_channels };
        let cells = down.count * across.count;
        let panels = self.outputs.div_ceil(self.columns);
        let panel_length = runs.depth() * self.columns;
        let chunks = cells.div_ceil(CELLS_OF_A_TASK);
        threads::for_each(chunks * panels, |task| {
            let (chunk, panel) = (task / panels, task % panels);
            let weights = self.weights[panel * panel_length..][..panel_length].as_ptr();
            let first = chunk * cells / chunks;
            let count = (chunk + 1) * cells / chunks - first;
            let source = |cell: usize| {
                let (y, x) = ((first + cell) / across.count, (first + cell) % across.count);
                let offset = (down.first + y * down.step) * input.row_stride
                    + (across.first + x * across.step) * input.cell_stride;
                debug_assert!(offset + (runs.count.max(1) - 1) * runs.stride + runs.length <= input.values.len());
                // Safety: the window lies within the input.
                unsafe { input.values.as_ptr().add(offset) }
            };
            let store = |cell: usize, sums: matrix::Row<VECTORS>| {
                let (y, x) = ((first + cell) / across.count, (first + cell) % across.count);
                let cell_offset = (down.target + y * down.target_step) * self.output_row
                    + (across.target + x * across.target_step) * self.outputs;
                for (index, sum) in sums.into_iter().enumerate() {
                    let channel = panel * self.columns + index * LANES;
                    if channel < self.outputs {
                        // Safety: a cell of the output, in columns that no other task writes.
                        unsafe { epilogue.store(output, cell_offset + channel, channel, sum) };
                    }
                }
            };
            matrix::for_each_tile(
                count,
                ROWS,
                |cell| {
                    let rows: [*const f32; ROWS] = std::array::from_fn(|index| source(cell + index));
                    // Safety: the windows lie within the input, and the panel has a row for each float of a window.
                    let sums = unsafe { matrix::multiply(rows, runs, weights) };
                    for (index, sum) in sums.into_iter().enumerate() {
                        store(cell + index, sum);
                    }
                },
                |cell| {
                    // Safety: as above.
                    let [sum] = unsafe { matrix::multiply([source(cell)], runs, weights) };
                    store(cell, sum);
                },
            );
        });
    }
}
