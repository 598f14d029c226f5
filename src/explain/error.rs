//! What can go wrong between a question and its answer.

use super::{Misfit, UnknownMethod};
use crate::engine::EngineError;

/// What can go wrong between a question and its answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ExplainError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No such method.
    #[error(transparent)]
    Method(#[from] UnknownMethod),
    /// The method says nothing about this network.
    #[error("{reason}")]
    DoesNotFit {
        /// Its name.
        method: &'static str,
        /// What the network lacks.
        reason: Misfit,
    },
    /// No such layer.
    #[error("There is no layer “{name}”. The layers are {layers}.")]
    UnknownLayer {
        /// What was asked for.
        name: String,
        /// Those there are.
        layers: String,
    },
    /// No such class.
    #[error("There is no class {class}: the model has {classes} classes, numbered from 0.")]
    UnknownClass {
        /// What was asked for.
        class: usize,
        /// How many there are.
        classes: usize,
    },
    /// The two classes to compare are the same.
    #[error("Both classes are “{label}”: choose another one to compare with.")]
    SameClass {
        /// Its name.
        label: String,
    },
    /// All layers at once were asked of a method that does not offer that.
    #[error(
        "There are no maps of all layers by {method}: choose a method whose map at one layer takes one gradient."
    )]
    NotForAllLayers {
        /// Its name.
        method: &'static str,
    },
    /// Cancelled.
    #[error("Stopped.")]
    Stopped,
    /// The map has a NaN or an infinity, which is never shown as a picture.
    #[error("The map at {layer} is not finite: the numbers overflow there.")]
    NotFinite {
        /// Where.
        layer: String,
    },
}

impl ExplainError {
    /// Stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Engine(error) => error.code(),
            Self::Method(_) | Self::DoesNotFit { .. } | Self::NotForAllLayers { .. } => "unknown-method",
            Self::UnknownLayer { .. } => "unknown-layer",
            Self::UnknownClass { .. } => "unknown-class",
            Self::SameClass { .. } => "same-class",
            Self::Stopped => "aborted",
            Self::NotFinite { .. } => "not-finite",
        }
    }
}
