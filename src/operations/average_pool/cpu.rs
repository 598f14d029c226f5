//! On the CPU: vectors of neighbouring channels, window by window.

use super::AveragePool;
use crate::kernel::MapShape;
use crate::kernel::cpu::simd::{self, LANES};
use crate::kernel::cpu::{Backward, CpuKernel, Epilogue, Scratch, filled};
use crate::kernel::layout::{cell_stride, length};
use crate::operations::max_pool::met;
use candle_core::Result;

/// An average pool between maps of these shapes.
pub struct Prepared {
    pool: AveragePool,
    input: MapShape,
    output: MapShape,
}

impl AveragePool {
    /// For maps of these shapes.
    pub fn prepare(self, input: MapShape, output: MapShape) -> Prepared {
        Prepared { pool: self, input, output }
    }
}

impl Prepared {
    /// Calls `visit` with each cell of the output, the input cells that its window meets, and what their sum is multiplied
    /// by.
    fn for_each_window(&self, mut visit: impl FnMut(usize, &[usize], f32)) {
        let Self { pool, input, output } = *self;
        let (down, across) = (pool.window.down(), pool.window.across());
        let mut cells = Vec::with_capacity(pool.window.area());
        for y in 0..output.height {
            for x in 0..output.width {
                cells.clear();
                for row in met(down, y, input.height) {
                    cells.extend(met(across, x, input.width).map(|column| row * input.width + column));
                }
                let counted = pool.counted(down, y, input.height) * pool.counted(across, x, input.width);
                visit(y * output.width + x, &cells, 1.0 / counted as f32);
            }
        }
    }
}

impl CpuKernel for Prepared {
    fn forward(&self, inputs: &[&[f32]], epilogue: Epilogue, _: &mut Scratch) -> Result<Vec<f32>> {
        let input = inputs[0];
        let stride = cell_stride(self.input.channels);
        assert_eq!(input.len(), length(self.input), "input of an average pool");
        // Safety: every vector of every cell of the output is written; cells of the windows lie within the input, whose
        // length is asserted.
        Ok(unsafe {
            filled(length(self.output), |output| {
                self.for_each_window(|cell, sources, share| {
                    for channel in (0..stride).step_by(LANES) {
                        let mut sum = simd::splat(0.0);
                        for source in sources {
                            sum = simd::add(sum, simd::load(input.as_ptr().add(source * stride + channel)));
                        }
                        let mean = simd::multiply(sum, simd::splat(share));
                        epilogue.store(output, cell * stride + channel, channel, mean);
                    }
                });
            })
        })
    }

    fn input_gradient(&self, _: usize, backward: Backward, _: &mut Scratch) -> Result<Vec<f32>> {
        let stride = cell_stride(self.input.channels);
        assert_eq!(backward.gradient.len(), length(self.output), "output gradient of an average pool");
        let mut gradient = match backward.sum {
            Some(sum) => sum.to_vec(),
            None => vec![0.0; length(self.input)],
        };
        assert_eq!(gradient.len(), length(self.input), "sum of an average pool");
        self.for_each_window(|cell, sources, share| {
            for channel in (0..stride).step_by(LANES) {
                // Safety: cells and vectors lie within the maps, whose lengths are asserted.
                unsafe {
                    let own = simd::load(backward.gradient.as_ptr().add(cell * stride + channel));
                    let own = simd::multiply(own, simd::splat(share));
                    for source in sources {
                        let target = gradient.as_mut_ptr().add(source * stride + channel);
                        simd::store(target, simd::add(simd::load(target), own));
                    }
                }
            }
        });
        Ok(gradient)
    }
}
