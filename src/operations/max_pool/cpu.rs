//! On the CPU: vectors of neighbouring channels, window by window.

use super::{MaxPool, met};
use crate::kernel::MapShape;
use crate::kernel::cpu::simd::{self, LANES};
use crate::kernel::cpu::{Backward, CpuKernel, Epilogue, Scratch, filled};
use crate::kernel::layout::{cell_stride, length};
use candle_core::Result;
use std::ops::Range;

/// A max-pool between maps of these shapes.
pub struct Prepared {
    pool: MaxPool,
    input: MapShape,
    output: MapShape,
}

impl MaxPool {
    /// For maps of these shapes.
    pub fn prepare(self, input: MapShape, output: MapShape) -> Prepared {
        Prepared { pool: self, input, output }
    }
}

impl CpuKernel for Prepared {
    /// The maximum of each window. Padding never wins: it counts as −∞.
    fn forward(&self, inputs: &[&[f32]], _: Epilogue, _: &mut Scratch) -> Result<Vec<f32>> {
        let input = inputs[0];
        let stride = cell_stride(self.input.channels);
        assert_eq!(input.len(), length(self.input), "input of a max-pool");
        // Safety: every vector of every cell of the output is written; cells of the windows lie within the input.
        Ok(unsafe {
            filled(length(self.output), |output| {
                self.for_each_window(|cell, window| {
                    for channel in (0..stride).step_by(LANES) {
                        let mut maximum = simd::splat(f32::NEG_INFINITY);
                        for source in window.cells() {
                            let value = simd::load(input.as_ptr().add(source * stride + channel));
                            maximum = simd::maximum(maximum, value);
                        }
                        simd::store(output.at(cell * stride + channel, LANES), maximum);
                    }
                });
            })
        })
    }

    /// Each window's gradient goes to its first maximum in row-major order.
    fn input_gradient(&self, _: usize, backward: Backward, _: &mut Scratch) -> Result<Vec<f32>> {
        let (input, output, output_gradient) = (backward.input(0), backward.output(), backward.gradient);
        let stride = cell_stride(self.input.channels);
        assert_eq!(input.len(), length(self.input), "input of a max-pool");
        assert_eq!(output.len(), length(self.output), "output of a max-pool");
        assert_eq!(output_gradient.len(), length(self.output), "output gradient of a max-pool");
        let mut gradient = match backward.sum {
            Some(sum) => sum.to_vec(),
            None => vec![0.0; input.len()],
        };
        assert_eq!(gradient.len(), input.len(), "sum of a max-pool");
        self.for_each_window(|cell, window| {
            for channel in (0..stride).step_by(LANES) {
                // Safety: cells and vectors lie within the maps, whose lengths are asserted.
                unsafe {
                    let maximum = simd::load(output.as_ptr().add(cell * stride + channel));
                    let share = simd::load(output_gradient.as_ptr().add(cell * stride + channel));
                    let mut found = simd::no_lane();
                    for source in window.cells() {
                        let value = simd::load(input.as_ptr().add(source * stride + channel));
                        let largest = simd::equal(value, maximum);
                        let target = gradient.as_mut_ptr().add(source * stride + channel);
                        let first = simd::select(simd::and_not(largest, found), share);
                        simd::store(target, simd::add(simd::load(target), first));
                        found = simd::or(found, largest);
                    }
                }
            }
        });
        Ok(gradient)
    }
}

/// The input cells that a window meets.
struct Met {
    rows: Range<usize>,
    columns: Range<usize>,
    /// Cells of a row of the input.
    width: usize,
}

impl Met {
    /// Their numbers, row by row.
    #[inline(always)]
    fn cells(&self) -> impl Iterator<Item = usize> + use<'_> {
        self.rows.clone().flat_map(move |y| self.columns.clone().map(move |x| y * self.width + x))
    }
}

impl Prepared {
    /// Calls `visit` with each cell of the output and its window.
    #[inline(always)]
    fn for_each_window(&self, mut visit: impl FnMut(usize, Met)) {
        let Self { pool: MaxPool { window, .. }, input, output } = *self;
        for y in 0..output.height {
            for x in 0..output.width {
                let rows = met(window.down(), y, input.height);
                let columns = met(window.across(), x, input.width);
                visit(y * output.width + x, Met { rows, columns, width: input.width });
            }
        }
    }
}
