//! Why no network can be built of some tensors.

use super::{FAMILIES, known};
use crate::network::NetworkError;
use crate::text::quoted;
use crate::weights::{Weights, WeightsError};

/// Why no network can be built of some tensors, as a sentence.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FamilyError {
    /// A tensor is missing, misshapen or unreadable.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The tensors are those of no architecture that is known here.
    #[error("This model is not a {known}: {reason}.", known = known())]
    Architecture {
        /// What gives it away.
        reason: String,
    },
    /// A tensor belongs to the network, but not to one of its architecture.
    #[error(
        "The model file has a tensor {}, which a {architecture} does not have. Without it the answers would be wrong, so \
         this model cannot be used.",
        quoted(.name)
    )]
    Surplus {
        /// Full name of the tensor.
        name: String,
        /// The architecture that was being built.
        architecture: String,
    },
    /// The tensors make no network.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

impl FamilyError {
    /// Of tensors that no family has.
    pub(super) fn unknown(weights: &Weights) -> Self {
        let found = match weights.names().next() {
            Some(name) => format!("it has {}, for example, but no", quoted(name)),
            None => "it has no".to_string(),
        };
        let anchors: Vec<String> = FAMILIES.iter().map(|family| quoted(family.anchor).to_string()).collect();
        Self::Architecture { reason: format!("{found} {}", anchors.join(" or ")) }
    }

    /// Stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Weights(error) => error.code(),
            Self::Architecture { .. } | Self::Surplus { .. } => "model-architecture",
            Self::Network(error) => error.code(),
        }
    }
}
