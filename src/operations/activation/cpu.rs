//! On the CPU, where nothing before it could end with it.

use super::Activation;
use crate::kernel::cpu::{Backward, CpuKernel, Epilogue, Scratch, relu_gradient, simd};
use candle_core::Result;

impl CpuKernel for Activation {
    fn forward(&self, inputs: &[&[f32]], epilogue: Epilogue, _: &mut Scratch) -> Result<Vec<f32>> {
        let input = inputs[0];
        let epilogue = Epilogue { activation: Some(*self), ..epilogue };
        // Safety: four floats of the map at a time.
        Ok(epilogue.map(input.len(), simd::LANES, |offset, _| unsafe { simd::load(input.as_ptr().add(offset)) }))
    }

    fn input_gradient(&self, _: usize, backward: Backward, _: &mut Scratch) -> Result<Vec<f32>> {
        let mut gradient = match self {
            Self::Relu => relu_gradient(backward.rule, backward.output(), backward.gradient),
        };
        for (gradient, other) in gradient.iter_mut().zip(backward.sum.into_iter().flatten()) {
            *gradient += other;
        }
        Ok(gradient)
    }
}
