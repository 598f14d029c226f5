//! What can be wrong with a model file, in sentences for whoever chose it.

use crate::text::{quoted, shortened};
use std::fmt;

/// What is wrong with a model file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WeightsError {
    /// No bytes at all.
    #[error("The model file is empty. Choose a .safetensors file or a PyTorch checkpoint.")]
    Empty,
    /// Neither a safetensors file nor a checkpoint.
    #[error("This is not a model file: it is {found}. Choose a .safetensors file or a PyTorch checkpoint.")]
    NotAModel {
        /// What the bytes look like instead.
        found: &'static str,
    },
    /// A checkpoint of PyTorch before 1.6, or one that was saved that way.
    #[error(
        "This checkpoint has the format that PyTorch wrote before version 1.6. Load it there and save it again: \
         torch.save(torch.load(path), path)."
    )]
    Legacy,
    /// The file contradicts itself, or ends early.
    #[error("The model file is incomplete or damaged: {detail}. Download or save it again.")]
    Damaged {
        /// What gives it away, as part of a sentence.
        detail: String,
    },
    /// A checkpoint names something of Python's that is neither plain data nor a tensor.
    #[error(
        "The checkpoint asks Python for {}, and no code in a model file is ever run. Save the weights alone: \
         torch.save(model.state_dict(), path).",
        quoted(.name)
    )]
    Code {
        /// With its module, e.g. `os.system`.
        name: String,
    },
    /// A checkpoint has no tensors where they are looked for.
    #[error(
        "The checkpoint has no weights at its top, nor under “state_dict” or “model”: {found}. Save the weights \
         alone: torch.save(model.state_dict(), path)."
    )]
    NoTensors {
        /// What it has instead, as part of a sentence.
        found: String,
    },
    /// Two tensors claim the same place in a network.
    #[error(
        "The file has both {} and {}, so it holds more than one network. Save the weights of one alone.",
        quoted(.first),
        quoted(.second)
    )]
    Ambiguous {
        /// Full name of one tensor.
        first: String,
        /// Full name of the other.
        second: String,
    },
    /// A tensor that the architecture needs is not there.
    #[error(
        "The model file has no tensor {}, which a {architecture} needs. It may be incomplete, or another architecture.",
        quoted(.name)
    )]
    Missing {
        /// Full name of the tensor.
        name: String,
        /// The architecture that was being built.
        architecture: String,
    },
    /// A tensor is there, but of another shape.
    #[error("Tensor {} has shape {}, but a {architecture} needs {}.", quoted(.name), listed(.found), listed(.expected))]
    Shape {
        /// Full name of the tensor.
        name: String,
        /// Shape in the file.
        found: Vec<usize>,
        /// Shape the architecture asks for.
        expected: Vec<usize>,
        /// The architecture that was being built.
        architecture: String,
    },
    /// A tensor claims more values than there are.
    #[error(
        "Tensor {} has shape {}, but the file does not hold that many values. It is damaged: download or save it again.",
        quoted(.name),
        listed(.shape)
    )]
    Extent {
        /// Full name of the tensor.
        name: String,
        /// Shape that the file claims.
        shape: Vec<u64>,
    },
    /// A tensor of integers, or of a float format that is not read.
    #[error("Tensor {} has data type {}; F32, F16, BF16 and F64 are understood.", quoted(.name), shortened(.dtype))]
    DataType {
        /// Full name of the tensor.
        name: String,
        /// Data type in the file.
        dtype: String,
    },
    /// NaN or infinite values among the weights.
    #[error("Tensor {} contains values that are not finite numbers. The training may have diverged.", quoted(.name))]
    NotFinite {
        /// Full name of the tensor.
        name: String,
    },
    /// Labels cannot be read.
    #[error("The labels cannot be used: {detail}.")]
    Labels {
        /// What is wrong with them, as part of a sentence.
        detail: String,
    },
}

impl WeightsError {
    /// Stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty | Self::NotAModel { .. } | Self::Legacy | Self::Damaged { .. } | Self::Extent { .. } => {
                "model-damaged"
            }
            Self::Code { .. } => "model-code",
            Self::NoTensors { .. } | Self::Missing { .. } => "model-tensor-missing",
            Self::Ambiguous { .. } => "model-architecture",
            Self::Shape { .. } => "model-tensor-shape",
            Self::DataType { .. } => "model-dtype",
            Self::NotFinite { .. } => "model-not-finite",
            Self::Labels { .. } => "model-labels",
        }
    }
}

/// So many dimensions of a shape are shown.
const RANK: usize = 5;

/// A shape from a file, fit for a message.
fn listed(shape: &[impl ToString]) -> impl fmt::Display {
    let mut dimensions: Vec<String> = shape.iter().take(RANK).map(ToString::to_string).collect();
    if shape.len() > RANK {
        dimensions.push("…".to_string());
    }
    format!("[{}]", dimensions.join(", "))
}

/// What is damaged, as part of a sentence.
pub(super) fn damaged(detail: impl Into<String>) -> WeightsError {
    WeightsError::Damaged { detail: detail.into() }
}
