//! What is done to results before they are stored, and the gradient of a ReLU, which undoes the last of it.

use super::scratch::{Shared, filled};
use super::simd::{self, LANES};
use crate::kernel::{Activation, ReluRule};

/// `activation?(result + bias? + residual?)`.
#[derive(Clone, Copy, Default)]
pub struct Epilogue<'a> {
    /// By channel, padded to whole vectors.
    pub bias: Option<&'a [f32]>,
    /// A map of the output's shape.
    pub residual: Option<&'a [f32]>,
    /// What comes last.
    pub activation: Option<Activation>,
}

impl Epilogue<'_> {
    /// Finishes four results and writes them to `output`, `offset` floats from its start.
    ///
    /// # Safety
    /// `channel` is the first of four of the bias, and `offset` that of four floats in `output` and in the residual; no
    /// other thread touches these.
    #[inline(always)]
    pub unsafe fn store(&self, output: Shared, offset: usize, channel: usize, results: simd::Vector) {
        let mut values = results;
        // Safety: the caller's promise.
        unsafe {
            if let Some(bias) = self.bias {
                values = simd::add(values, simd::load(bias.as_ptr().add(channel)));
            }
            if let Some(residual) = self.residual {
                values = simd::add(values, simd::load(residual.as_ptr().add(offset)));
            }
            match self.activation {
                Some(Activation::Relu) => values = simd::relu(values),
                None => {}
            }
            simd::store(output.at(offset, LANES), values);
        }
    }

    /// Finishes a whole map, cell by cell; `result(offset, channel)` are four results.
    ///
    /// # Panics
    /// Where `length` is not a whole number of cells, or bias or residual are of another size.
    pub fn map(
        self,
        length: usize,
        cell_stride: usize,
        result: impl Fn(usize, usize) -> simd::Vector,
    ) -> Vec<f32> {
        assert!(length.is_multiple_of(cell_stride) && cell_stride.is_multiple_of(LANES), "maps are whole vectors");
        assert!(self.bias.is_none_or(|bias| bias.len() == cell_stride), "bias of an epilogue");
        assert!(self.residual.is_none_or(|residual| residual.len() == length), "residual of an epilogue");
        // Safety: vector by vector, every float of the three, whose lengths are asserted.
        unsafe {
            filled(length, |output| {
                for cell in (0..length).step_by(cell_stride) {
                    for channel in (0..cell_stride).step_by(LANES) {
                        self.store(output, cell + channel, channel, result(cell + channel, channel));
                    }
                }
            })
        }
    }
}

/// The gradient before a ReLU: `gradient` where the ReLU's `output` is above zero, else 0; guided, what is below zero
/// becomes zero, too.
pub fn relu_gradient(rule: ReluRule, output: &[f32], gradient: &[f32]) -> Vec<f32> {
    match rule {
        ReluRule::Gradient => masked(output, gradient, simd::where_positive),
        ReluRule::Guided => masked(output, gradient, |value, gate| simd::relu(simd::where_positive(value, gate))),
    }
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
