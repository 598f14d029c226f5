//! What is wrong with a model.

use super::output::UnknownOutput;
use crate::families::FamilyError;
use crate::network::NetworkError;
use crate::weights::WeightsError;

/// What is wrong with a model, or with what was asked of it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// No network can be built of the file.
    #[error(transparent)]
    Family(#[from] FamilyError),
    /// The network cannot be run as it was asked for.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The labels do not fit the logits.
    #[error(
        "There are {labels} labels for {classes} classes. Give one label for each class, in the order of the logits."
    )]
    LabelCount {
        /// How many labels were given.
        labels: usize,
        /// How many logits the network has.
        classes: usize,
    },
    /// The preprocessing makes no sense.
    #[error("The preprocessing cannot be used: {reason}.")]
    Preprocessing {
        /// Which part of it, and why.
        reason: String,
    },
    /// The file says that its logits mean something that is not understood here.
    #[error("It is not clear how the model's logits become probabilities. {0}")]
    Output(#[from] UnknownOutput),
}

impl From<WeightsError> for ModelError {
    fn from(error: WeightsError) -> Self {
        Self::Family(error.into())
    }
}

impl ModelError {
    /// Stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Family(error) => error.code(),
            Self::Network(error) => error.code(),
            Self::LabelCount { .. } => "model-labels",
            Self::Preprocessing { .. } => "model-preprocessing",
            Self::Output(_) => "model-output",
        }
    }
}
