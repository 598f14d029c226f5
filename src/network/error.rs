//! What stands in the way of building a network.

use crate::text::quoted;

/// The smallest side of an input, in pixels.
pub const SMALLEST_INPUT_SIDE: usize = 32;

/// The largest side of an input, in pixels. There, the outputs of a network's first layers alone take hundreds of megabytes.
pub const LARGEST_INPUT_SIDE: usize = 1024;

/// What stands in the way of building a network, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// An operation cannot be applied to its inputs.
    #[error("The network cannot be run: {}, a {operation}, does not fit, because {reason}.", quoted(.node))]
    Misfit {
        /// Name of the node.
        node: String,
        /// What it is.
        operation: &'static str,
        /// What does not fit.
        reason: String,
    },
    /// The last node's output is not one value for each class.
    #[error("The network cannot be used: {} gives {shape} values, not one for each class.", quoted(.node))]
    NoLogits {
        /// Name of the node.
        node: String,
        /// Shape of its output.
        shape: String,
    },
    /// The network cannot be run on inputs of that size.
    #[error(
        "The network cannot look at {side} × {side} pixels. Choose a side from {SMALLEST_INPUT_SIDE} to \
         {LARGEST_INPUT_SIDE}."
    )]
    InputSide {
        /// Side of the input, in pixels.
        side: usize,
    },
}

impl NetworkError {
    /// Stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Misfit { .. } | Self::NoLogits { .. } => "model-architecture",
            Self::InputSide { .. } => "input-side",
        }
    }
}
