//! What CPU kernels are written with: vectors of four floats, threads, the register tile of all matrix products, memory to
//! work in, and the epilogue. Slices in, vectors out; maps in the [layout](super::layout) of the kernels.

mod epilogue;
pub mod matrix;
mod scratch;
pub mod simd;
pub mod threads;

pub use epilogue::{Epilogue, relu_gradient};
pub use scratch::{Scratch, Shared, at_least, filled};

use super::ReluRule;

/// What a kernel finds on the way back. Of the maps of the forward pass those are there that the operation says its
/// backward reads.
#[derive(Clone, Copy)]
pub struct Backward<'a> {
    /// Each input of the forward pass.
    pub inputs: &'a [Option<&'a [f32]>],
    /// Its output.
    pub output: Option<&'a [f32]>,
    /// The gradient of the output.
    pub gradient: &'a [f32],
    /// What is added to the result: the gradient that came to the same node by other ways.
    pub sum: Option<&'a [f32]>,
    /// What a ReLU does.
    pub rule: ReluRule,
}

impl<'a> Backward<'a> {
    /// An input of the forward pass that the operation's backward reads.
    pub fn input(&self, index: usize) -> &'a [f32] {
        // The engine keeps what `Facts::backward_reads` names.
        self.inputs[index].expect("an input that the backward reads is kept")
    }

    /// The output of the forward pass, where the operation's backward reads it.
    pub fn output(&self) -> &'a [f32] {
        // As above.
        self.output.expect("an output that the backward reads is kept")
    }
}

/// An operation made ready for maps of one shape: weights packed, algorithm chosen.
pub trait CpuKernel {
    /// The output for these inputs, finished by `epilogue`.
    ///
    /// # Errors
    /// Where the library underneath fails.
    fn forward(
        &self,
        inputs: &[&[f32]],
        epilogue: Epilogue,
        scratch: &mut Scratch,
    ) -> candle_core::Result<Vec<f32>>;

    /// The gradient with respect to input number `index`, given that of what the operation itself computes, before any
    /// epilogue; plus [`Backward::sum`].
    ///
    /// # Errors
    /// Where the library underneath fails.
    fn input_gradient(
        &self,
        index: usize,
        backward: Backward,
        scratch: &mut Scratch,
    ) -> candle_core::Result<Vec<f32>>;
}
