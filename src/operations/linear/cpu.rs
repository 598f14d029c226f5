//! On the CPU: candle-nn's linear layer over a vector, without its weight gradient.

use super::Linear;
use crate::kernel::MapShape;
use crate::kernel::cpu::simd::{self, LANES};
use crate::kernel::cpu::{Backward, CpuKernel, Epilogue, Scratch};
use crate::kernel::layout::{length, to_cells};
use candle_core::{Device, Result, Tensor};
use candle_nn::Module;

/// Weights in the order in which the input lies in memory. Both sides are padded to whole vectors, like all maps; the weights
/// of the padding are zero.
pub struct Prepared(candle_nn::Linear);

impl Linear {
    /// For an input and an output of these shapes.
    ///
    /// # Errors
    /// Where candle fails.
    pub fn prepare(&self, input: MapShape, output: MapShape) -> Result<Prepared> {
        let (features, outputs) = (length(input), length(output));
        let mut weight: Vec<f32> =
            self.weight.chunks_exact(input.len()).flat_map(|row| to_cells(input, row)).collect();
        weight.resize(outputs * features, 0.0);
        let mut bias = self.bias.to_vec();
        bias.resize(outputs, 0.0);
        let weight = Tensor::from_vec(weight, (outputs, features), &Device::Cpu)?;
        let bias = Tensor::from_vec(bias, outputs, &Device::Cpu)?;
        Ok(Prepared(candle_nn::Linear::new(weight, Some(bias))))
    }
}

impl CpuKernel for Prepared {
    fn forward(&self, inputs: &[&[f32]], epilogue: Epilogue, _: &mut Scratch) -> Result<Vec<f32>> {
        let features = Tensor::from_slice(inputs[0], (1, inputs[0].len()), &Device::Cpu)?;
        finished(self.0.forward(&features)?, epilogue)
    }

    fn input_gradient(&self, _: usize, backward: Backward, _: &mut Scratch) -> Result<Vec<f32>> {
        let gradient = Tensor::from_slice(backward.gradient, (1, backward.gradient.len()), &Device::Cpu)?;
        let epilogue = Epilogue { residual: backward.sum, ..Epilogue::default() };
        finished(gradient.matmul(self.0.weight())?, epilogue)
    }
}

/// The values of a row, finished by an epilogue that has no bias of its own.
fn finished(row: Tensor, epilogue: Epilogue) -> Result<Vec<f32>> {
    let values: Vec<f32> = row.squeeze(0)?.to_vec1()?;
    if epilogue.residual.is_none() && epilogue.activation.is_none() {
        return Ok(values);
    }
    // Safety: four floats of the row at a time.
    Ok(epilogue.map(values.len(), LANES, |offset, _| unsafe { simd::load(values.as_ptr().add(offset)) }))
}
