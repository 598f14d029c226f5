//! What becomes of results: the bindings and flags of `epilogue.wgsl`, which are the epilogue on the GPU.

use super::recorder::BufferId;
use crate::kernel::Activation;

/// What `epilogue.wgsl` does to a result.
pub mod flags {
    /// The bias of its channel is added.
    pub const BIAS: u32 = 1;
    /// The other map, a residual, is added.
    pub const RESIDUAL: u32 = 2;
    /// What is below zero becomes zero.
    pub const RELU: u32 = 4;
    /// The other map is the output of a ReLU whose gradient this is.
    pub const MASK: u32 = 8;
    /// What is stored already is added.
    pub const ACCUMULATE: u32 = 16;
}

/// Where results go, and what happens to them on the way.
#[derive(Debug, Clone, Copy)]
pub struct Epilogue {
    /// By channel, padded to whole vectors.
    pub bias: Option<BufferId>,
    /// A map of the output's shape: a residual, or the output of a ReLU.
    pub other: Option<BufferId>,
    /// Where they go.
    pub output: BufferId,
    /// See [`flags`].
    pub flags: u32,
}

impl Epilogue {
    /// As they are.
    pub const fn plain(output: BufferId) -> Self {
        Self { bias: None, other: None, output, flags: 0 }
    }

    /// With a bias as well.
    pub const fn with_bias(self, bias: BufferId) -> Self {
        Self { bias: Some(bias), flags: self.flags | flags::BIAS, ..self }
    }

    /// With a residual as well.
    pub const fn with_residual(self, residual: BufferId) -> Self {
        Self { other: Some(residual), flags: self.flags | flags::RESIDUAL, ..self }
    }

    /// With an activation last.
    pub const fn with_activation(self, activation: Activation) -> Self {
        match activation {
            Activation::Relu => Self { flags: self.flags | flags::RELU, ..self },
        }
    }

    /// With the gradient of a ReLU last, whose output `relu` is.
    pub const fn with_mask(self, relu: BufferId) -> Self {
        Self { other: Some(relu), flags: self.flags | flags::MASK, ..self }
    }
}
