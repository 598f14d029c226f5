//! On the CPU: candle-nn's layer holds the parameters; the products with a single vector are ours, as candle's would bring a
//! library for whole matrices along.

use super::Linear;
use crate::kernel::MapShape;
use crate::kernel::cpu::simd::{self, LANES, Vector};
use crate::kernel::cpu::{Backward, CpuKernel, Epilogue, Scratch, filled, threads};
use crate::kernel::layout::{length, to_cells};
use candle_core::{Device, Result, Tensor};

/// Outputs that one task computes, in vectors.
const VECTORS_OF_A_TASK: usize = 16;

/// Vectors of the input's gradient that one task sums up at once: as many as registers hold.
const VECTORS_AT_ONCE: usize = 8;

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
    /// Four outputs at a time: each a sum of products in four lanes, which are added up in the end.
    fn forward(&self, inputs: &[&[f32]], epilogue: Epilogue, _: &mut Scratch) -> Result<Vec<f32>> {
        let (outputs, features) = self.0.weight().dims2()?;
        let input = inputs[0];
        assert_eq!(input.len(), features, "input of a linear layer");
        let bias: Option<Vec<f32>> = self.0.bias().map(Tensor::to_vec1).transpose()?;
        let epilogue = Epilogue { bias: bias.as_deref(), ..epilogue };
        assert!(epilogue.residual.is_none_or(|residual| residual.len() == outputs), "what a linear layer adds");
        self.with_weights(|weights| {
            let sums = |row: usize| -> Vector {
                let mut sums = [simd::splat(0.0); LANES];
                for feature in (0..features).step_by(LANES) {
                    // Safety: four floats of the input, and of each of four rows of the weights.
                    unsafe {
                        let values = simd::load(input.as_ptr().add(feature));
                        for (index, sum) in sums.iter_mut().enumerate() {
                            let weight = simd::load(weights.as_ptr().add((row + index) * features + feature));
                            *sum = simd::multiply_add(weight, values, *sum);
                        }
                    }
                }
                let [a, b, c, d] = simd::transpose(sums);
                simd::add(simd::add(a, b), simd::add(c, d))
            };
            // Safety: every vector of the output is written, each by one task.
            unsafe {
                filled(outputs, |target| {
                    let vectors = outputs / LANES;
                    threads::for_each(vectors.div_ceil(VECTORS_OF_A_TASK), |task| {
                        let first = task * VECTORS_OF_A_TASK;
                        for vector in first..vectors.min(first + VECTORS_OF_A_TASK) {
                            let row = vector * LANES;
                            epilogue.store(target, row, row, sums(row));
                        }
                    });
                })
            }
        })
    }

    /// Some features at a time: the sum of all rows there, each times its output's gradient.
    fn input_gradient(&self, _: usize, backward: Backward, _: &mut Scratch) -> Result<Vec<f32>> {
        let (outputs, features) = self.0.weight().dims2()?;
        let Backward { gradient, sum, .. } = backward;
        assert_eq!(gradient.len(), outputs, "output gradient of a linear layer");
        assert!(sum.is_none_or(|sum| sum.len() == features), "sum of a linear layer");
        let epilogue = Epilogue { residual: sum, ..Epilogue::default() };
        self.with_weights(|weights| {
            // Safety: every vector of the result is written, each by one task; rows of the weights are as long.
            unsafe {
                filled(features, |target| {
                    let vectors = features / LANES;
                    threads::for_each(vectors.div_ceil(VECTORS_AT_ONCE), |task| {
                        let first = task * VECTORS_AT_ONCE;
                        let count = (vectors - first).min(VECTORS_AT_ONCE);
                        let mut sums = [simd::splat(0.0); VECTORS_AT_ONCE];
                        for (row, value) in gradient.iter().enumerate() {
                            let value = simd::splat(*value);
                            let row = weights.as_ptr().add(row * features + first * LANES);
                            for (index, sum) in sums[..count].iter_mut().enumerate() {
                                *sum = simd::multiply_add(value, simd::load(row.add(index * LANES)), *sum);
                            }
                        }
                        for (index, sum) in sums[..count].iter().enumerate() {
                            let offset = (first + index) * LANES;
                            epilogue.store(target, offset, offset, *sum);
                        }
                    });
                })
            }
        })
    }
}

impl Prepared {
    /// Calls `read` with the weights, row by row.
    fn with_weights<R>(&self, read: impl FnOnce(&[f32]) -> R) -> Result<R> {
        let (storage, layout) = self.0.weight().storage_and_layout();
        match (&*storage, layout.contiguous_offsets()) {
            (candle_core::Storage::Cpu(storage), Some((start, end))) => {
                Ok(read(&storage.as_slice::<f32>()?[start..end]))
            }
            _ => candle_core::bail!("weights of the CPU engine are contiguous, and live on the CPU"),
        }
    }
}
