//! What is done to each value by itself, or to each channel: the end of a convolution, the gradient of a ReLU, the mean.

use super::layout::{cell_stride, length};
use super::scratch::{Shared, filled};
use crate::cpu::simd::{self, LANES};
use crate::network::Shape;

/// What happens to a convolution's sums before they are stored: `relu?(sum + bias? + residual?)`.
#[derive(Clone, Copy, Default)]
pub(super) struct Epilogue<'a> {
    /// By channel, padded to whole vectors.
    pub bias: Option<&'a [f32]>,
    /// A map of the output's shape.
    pub residual: Option<&'a [f32]>,
    /// Whether `max(0, ·)` comes last.
    pub relu: bool,
}

impl Epilogue<'_> {
    /// Finishes four sums and writes them to `output`, `offset` floats from its start.
    ///
    /// # Safety
    /// `channel` is the first of four of the bias, and `offset` that of four floats in `output` and in the residual; no
    /// other thread touches these.
    #[inline(always)]
    pub unsafe fn store(&self, output: Shared, offset: usize, channel: usize, sums: simd::Vector) {
        let mut values = sums;
        // Safety: the caller's promise.
        unsafe {
            if let Some(bias) = self.bias {
                values = simd::add(values, simd::load(bias.as_ptr().add(channel)));
            }
            if let Some(residual) = self.residual {
                values = simd::add(values, simd::load(residual.as_ptr().add(offset)));
            }
            if self.relu {
                values = simd::relu(values);
            }
            simd::store(output.at(offset, LANES), values);
        }
    }
}

/// The gradient before a ReLU: `gradient` where the ReLU's `output` is above zero, else 0.
pub fn relu_gradient(output: &[f32], gradient: &[f32]) -> Vec<f32> {
    masked(output, gradient, simd::where_positive)
}

/// The same for guided backpropagation: what is below zero becomes zero, too.
pub fn guided_relu_gradient(output: &[f32], gradient: &[f32]) -> Vec<f32> {
    masked(output, gradient, |value, gate| simd::relu(simd::where_positive(value, gate)))
}

/// `mask(gradient, output)`, vector by vector.
fn masked(
    output: &[f32],
    gradient: &[f32],
    mask: impl Fn(simd::Vector, simd::Vector) -> simd::Vector + Sync,
) -> Vec<f32> {
    assert_eq!(output.len(), gradient.len(), "gradient of a ReLU");
    assert_eq!(output.len() % LANES, 0, "maps are whole vectors");
    // Safety: vector by vector, every float of the three.
    unsafe {
        filled(output.len(), |result| {
            for offset in (0..output.len()).step_by(LANES) {
                let gate = simd::load(output.as_ptr().add(offset));
                let value = simd::load(gradient.as_ptr().add(offset));
                simd::store(result.at(offset, LANES), mask(value, gate));
            }
        })
    }
}

/// The mean of each channel.
pub fn mean(shape: Shape, input: &[f32]) -> Vec<f32> {
    let stride = cell_stride(shape.channels);
    assert_eq!(input.len(), length(shape), "input of a global average pool");
    let mut means = vec![0.0; stride];
    for cell in input.chunks_exact(stride) {
        for (mean, value) in means.iter_mut().zip(cell) {
            *mean += value;
        }
    }
    let scale = 1.0 / shape.area() as f32;
    means.iter_mut().for_each(|mean| *mean *= scale);
    means
}

/// The gradient of [`mean`] with respect to its input: each channel's, shared out evenly among the cells.
pub fn mean_gradient(shape: Shape, output_gradient: &[f32]) -> Vec<f32> {
    let scale = 1.0 / shape.area() as f32;
    let cell: Vec<f32> = output_gradient.iter().map(|gradient| gradient * scale).collect();
    cell.repeat(shape.area())
}
