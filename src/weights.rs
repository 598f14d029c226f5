//! Model files: bytes in, named tensors out, with the architecture and the labels that the file states.
//!
//! Tensors are widened to `f32` one at a time, when a network is built from them: a half-precision model never exists
//! twice in memory at full width.

use safetensors::{Dtype, SafeTensorError, SafeTensors, tensor::TensorView};

/// What is wrong with a model file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WeightsError {
    /// No bytes at all.
    #[error("The model file is empty. Choose a .safetensors file.")]
    Empty,
    /// Neither header nor structure of a safetensors file.
    #[error("This is not a model file: it is {found}. Choose a .safetensors file.")]
    NotSafetensors {
        /// What the bytes look like instead.
        found: &'static str,
    },
    /// The header promises more, or other, bytes than follow it.
    #[error("The model file is incomplete or damaged ({detail}). Download or save it again.")]
    Damaged {
        /// The parser's own words.
        detail: String,
    },
    /// A tensor that the architecture needs is not there.
    #[error("The model file has no tensor “{name}”, which a {architecture} needs. Is it another architecture?")]
    Missing {
        /// Full name of the tensor.
        name: String,
        /// The architecture that was being built.
        architecture: String,
    },
    /// A tensor is there, but of another shape.
    #[error("Tensor “{name}” has shape {found:?}, but {expected:?} was expected.")]
    Shape {
        /// Full name of the tensor.
        name: String,
        /// Shape in the file.
        found: Vec<usize>,
        /// Shape the architecture asks for.
        expected: Vec<usize>,
    },
    /// A tensor of integers, or of a float format that is not read.
    #[error("Tensor “{name}” has data type {dtype}; F32, F16 and BF16 are understood.")]
    DataType {
        /// Full name of the tensor.
        name: String,
        /// Data type in the file.
        dtype: String,
    },
    /// NaN or infinite values among the weights.
    #[error("Tensor “{name}” contains values that are not finite numbers. Did the training diverge?")]
    NotFinite {
        /// Full name of the tensor.
        name: String,
    },
    /// The labels in the file cannot be read.
    #[error("The labels in the model file are not a JSON array of strings: {detail}.")]
    Labels {
        /// The parser's own words.
        detail: String,
    },
}

impl WeightsError {
    /// Stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty | Self::NotSafetensors { .. } | Self::Damaged { .. } => "model-damaged",
            Self::Missing { .. } => "model-tensor-missing",
            Self::Shape { .. } => "model-tensor-shape",
            Self::DataType { .. } => "model-dtype",
            Self::NotFinite { .. } => "model-not-finite",
            Self::Labels { .. } => "model-labels",
        }
    }
}

/// The named tensors of a model file, still in the file's bytes.
#[derive(Debug)]
pub struct Weights<'bytes> {
    tensors: SafeTensors<'bytes>,
    architecture: Option<String>,
    labels: Option<Vec<String>>,
}

impl<'bytes> Weights<'bytes> {
    /// Reads the header of a `.safetensors` file, with `architecture` and `labels` (a JSON array) from its
    /// `__metadata__` where they are.
    pub fn from_safetensors(bytes: &'bytes [u8]) -> Result<Self, WeightsError> {
        if bytes.is_empty() {
            return Err(WeightsError::Empty);
        }
        if let Some(found) = something_else(bytes) {
            return Err(WeightsError::NotSafetensors { found });
        }
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(damaged)?;
        let metadata = header.metadata().as_ref();
        let architecture = metadata.and_then(|m| m.get("architecture")).cloned();
        let labels = metadata.and_then(|m| m.get("labels")).map(|json| parse_labels(json)).transpose()?;
        Ok(Self { tensors, architecture, labels })
    }

    /// The architecture that the file states, e.g. `resnet18`.
    pub fn architecture(&self) -> Option<&str> {
        self.architecture.as_deref()
    }

    /// The class names that the file states, in the order of the logits.
    pub fn labels(&self) -> Option<&[String]> {
        self.labels.as_deref()
    }

    /// Whether a tensor of this name is in the file.
    pub fn contains(&self, name: &str) -> bool {
        self.tensors.tensor(name).is_ok()
    }

    /// Shape of a tensor, outermost dimension first; `None` where it is not in the file.
    pub fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.tensors.tensor(name).ok().map(|view| view.shape().to_vec())
    }

    /// The values of tensor `name`, row-major, as `f32`.
    ///
    /// `architecture` is what is being built, for the message when the tensor is missing. Fails if the tensor is
    /// missing, has another shape than `shape`, is not of a float type, or has values that are not finite.
    pub fn tensor(&self, architecture: &str, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
        let view = self.tensors.tensor(name).map_err(|_| WeightsError::Missing {
            name: name.to_string(),
            architecture: architecture.to_string(),
        })?;
        if view.shape() != shape {
            return Err(WeightsError::Shape {
                name: name.to_string(),
                found: view.shape().to_vec(),
                expected: shape.to_vec(),
            });
        }
        let values = widen(name, &view)?;
        if values.iter().all(|value| value.is_finite()) {
            Ok(values)
        } else {
            Err(WeightsError::NotFinite { name: name.to_string() })
        }
    }
}

/// The little-endian elements of a tensor as `f32`.
fn widen(name: &str, view: &TensorView) -> Result<Vec<f32>, WeightsError> {
    let pairs = || view.data().as_chunks::<2>().0.iter();
    match view.dtype() {
        Dtype::F32 => {
            let (quads, _) = view.data().as_chunks::<4>();
            Ok(quads.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
        }
        Dtype::F16 => Ok(pairs().map(|&bytes| half::f16::from_le_bytes(bytes).to_f32()).collect()),
        Dtype::BF16 => Ok(pairs().map(|&bytes| half::bf16::from_le_bytes(bytes).to_f32()).collect()),
        other => Err(WeightsError::DataType { name: name.to_string(), dtype: format!("{other:?}") }),
    }
}

/// Names what the bytes are when they are plainly something else, so that the message can say so.
fn something_else(bytes: &[u8]) -> Option<&'static str> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'<') {
        Some("a web page")
    } else if bytes.starts_with(b"PK\x03\x04") {
        Some("a ZIP archive or a PyTorch checkpoint (save the state dict with safetensors instead)")
    } else if bytes.starts_with(&[0x80]) && bytes.get(2) != Some(&0) {
        Some("a Python pickle (save the state dict with safetensors instead)")
    } else if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) || bytes.starts_with(b"\x89PNG") {
        Some("a picture")
    } else if bytes.get(8).is_none_or(|&byte| byte != b'{') {
        Some("of another format")
    } else {
        None
    }
}

fn damaged(error: SafeTensorError) -> WeightsError {
    WeightsError::Damaged { detail: error.to_string() }
}

fn parse_labels(json: &str) -> Result<Vec<String>, WeightsError> {
    serde_json::from_str(json).map_err(|error| WeightsError::Labels { detail: error.to_string() })
}
