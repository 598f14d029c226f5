//! On the CPU.

use super::GlobalAveragePool;
use crate::kernel::MapShape;
use crate::kernel::cpu::{Backward, CpuKernel, Epilogue, Scratch};
use crate::kernel::layout::{cell_stride, length};
use candle_core::Result;

/// The mean of maps of one shape.
pub struct Prepared {
    input: MapShape,
}

impl GlobalAveragePool {
    /// For maps of this shape.
    pub fn prepare(self, input: MapShape) -> Prepared {
        Prepared { input }
    }
}

impl CpuKernel for Prepared {
    fn forward(&self, inputs: &[&[f32]], _: Epilogue, _: &mut Scratch) -> Result<Vec<f32>> {
        let stride = cell_stride(self.input.channels);
        assert_eq!(inputs[0].len(), length(self.input), "input of a global average pool");
        let mut means = vec![0.0; stride];
        for cell in inputs[0].chunks_exact(stride) {
            for (mean, value) in means.iter_mut().zip(cell) {
                *mean += value;
            }
        }
        let scale = 1.0 / self.input.area() as f32;
        means.iter_mut().for_each(|mean| *mean *= scale);
        Ok(means)
    }

    /// Each channel's gradient, shared out evenly among the cells.
    fn input_gradient(&self, _: usize, backward: Backward, _: &mut Scratch) -> Result<Vec<f32>> {
        let scale = 1.0 / self.input.area() as f32;
        let cell: Vec<f32> = backward.gradient.iter().map(|gradient| gradient * scale).collect();
        let mut gradient = cell.repeat(self.input.area());
        for (gradient, other) in gradient.iter_mut().zip(backward.sum.into_iter().flatten()) {
            *gradient += other;
        }
        Ok(gradient)
    }
}
