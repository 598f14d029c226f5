//! On the CPU: the shift is the epilogue's bias.

use super::{Affine, narrow};
use crate::kernel::cpu::simd::{self, LANES};
use crate::kernel::cpu::{Backward, CpuKernel, Epilogue, Scratch};
use candle_core::Result;

/// Scale and shift by channel, padded with zeros to whole vectors.
pub struct Prepared {
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl Affine {
    /// For maps of any size.
    pub fn prepare(&self) -> Prepared {
        let padded = |values: &[f64]| {
            let mut values = narrow(values);
            values.resize(values.len().next_multiple_of(LANES), 0.0);
            values
        };
        Prepared { scale: padded(&self.scale), shift: padded(&self.shift) }
    }
}

impl Prepared {
    fn scaled(&self, map: &[f32], epilogue: Epilogue) -> Vec<f32> {
        epilogue.map(map.len(), self.scale.len(), |offset, channel| {
            // Safety: four floats of the map, and four of the scale: channels run over a cell.
            unsafe {
                let scale = simd::load(self.scale.as_ptr().add(channel));
                simd::multiply(simd::load(map.as_ptr().add(offset)), scale)
            }
        })
    }
}

impl CpuKernel for Prepared {
    fn forward(&self, inputs: &[&[f32]], epilogue: Epilogue, _: &mut Scratch) -> Result<Vec<f32>> {
        Ok(self.scaled(inputs[0], Epilogue { bias: Some(&self.shift), ..epilogue }))
    }

    fn input_gradient(&self, _: usize, backward: Backward, _: &mut Scratch) -> Result<Vec<f32>> {
        Ok(self.scaled(backward.gradient, Epilogue { residual: backward.sum, ..Epilogue::default() }))
    }
}
