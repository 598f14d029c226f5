//! Model files: bytes in, named tensors out, with the architecture and the labels that the file states.
//!
//! Tensors are widened to `f32` one at a time, when a network is built from them: a half-precision model never exists
//! twice in memory at full width.

mod checkpoint;
mod error;
mod labels;
mod names;
mod pickle;
mod safetensors;
mod tensor;
mod torch_zip;

pub use error::WeightsError;
pub use labels::parse_labels;

use names::Tensors;
use std::borrow::Cow;
use std::collections::HashMap;
use tensor::{DataType, Float, Tensor};

/// The named tensors of a model file, still in the file's bytes.
#[derive(Debug)]
pub struct Weights<'bytes> {
    tensors: Tensors<'bytes>,
    metadata: Metadata<'bytes>,
    labels: Option<Vec<String>>,
}

/// Texts by their keys. Like the names of tensors they are the file's own bytes where that can be: a pickle can refer to a
/// long text more often than there is memory for copies.
type Metadata<'bytes> = HashMap<Cow<'bytes, str>, Cow<'bytes, str>>;

/// What a file holds, under its own names.
struct Contents<'bytes> {
    tensors: Vec<(Cow<'bytes, str>, Tensor<'bytes>)>,
    metadata: Metadata<'bytes>,
    labels: Option<Vec<String>>,
}

impl<'bytes> Weights<'bytes> {
    /// Reads the names and shapes of a model file, whose format its content tells: `.safetensors`, or a PyTorch
    /// checkpoint as `torch.save` writes it since version 1.6. A checkpoint is read without running any of its code; it
    /// is a state dict, or has one as `state_dict`, `model_state_dict`, `model` or the like.
    pub fn read(bytes: &'bytes [u8]) -> Result<Self, WeightsError> {
        if bytes.is_empty() {
            Err(WeightsError::Empty)
        } else if safetensors::is_safetensors(bytes) {
            Self::from_safetensors(bytes)
        } else if checkpoint::is_archive(bytes) {
            Self::new(checkpoint::read(bytes)?)
        } else if checkpoint::is_legacy(bytes) {
            Err(WeightsError::Legacy)
        } else {
            Err(WeightsError::NotAModel { found: something_else(bytes) })
        }
    }

    /// The same for a `.safetensors` file, with `architecture` and `labels` (a JSON array) from its `__metadata__` where
    /// they are.
    pub fn from_safetensors(bytes: &'bytes [u8]) -> Result<Self, WeightsError> {
        Self::new(safetensors::read(bytes)?)
    }

    fn new(Contents { tensors, metadata, labels }: Contents<'bytes>) -> Result<Self, WeightsError> {
        // The same name twice: as in Python, the last one counts.
        Ok(Self { tensors: tensors.into_iter().collect(), metadata, labels })
    }

    /// The same tensors by their names within the network that has a tensor `anchor`: without what stands before that name
    /// up to a dot, such as `module.`, `backbone.` or `model.`. Names without it stay as they are.
    ///
    /// # Errors
    /// [`WeightsError::Ambiguous`] where there are two such networks, or two tensors would have the same name.
    pub fn within(&self, anchor: &str) -> Result<Self, WeightsError> {
        let tensors = names::without_prefix(&self.tensors, anchor)?;
        Ok(Self { tensors, metadata: self.metadata.clone(), labels: self.labels.clone() })
    }

    /// The architecture that the file states, e.g. `resnet18`.
    pub fn architecture(&self) -> Option<&str> {
        self.metadata("architecture").or_else(|| self.metadata("arch"))
    }

    /// The class names that the file states, in the order of the logits.
    pub fn labels(&self) -> Option<&[String]> {
        self.labels.as_deref()
    }

    /// What the file says under `key`: an entry of a `.safetensors` file's `__metadata__`, or a text at the top of a
    /// checkpoint.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(|text| &**text)
    }

    /// The names of all tensors, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(|name| &**name)
    }

    /// Whether a tensor of this name is in the file.
    pub fn contains(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Shape of a tensor, outermost dimension first; `None` where it is not in the file.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(Tensor::shape)
    }

    /// Holds tensor `name` to being there, to its shape and to a data type that is read, without reading it.
    ///
    /// `architecture` is what is being built, for the message when the tensor is missing.
    pub fn check(&self, architecture: &str, name: &str, shape: &[usize]) -> Result<(), WeightsError> {
        self.checked(architecture, name, shape).map(|_| ())
    }

    /// The values of tensor `name`, row-major, as `f32`. Fails if [`check`](Self::check) does, or if there are values that
    /// are not finite.
    pub fn tensor(&self, architecture: &str, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
        let (tensor, float) = self.checked(architecture, name, shape)?;
        let values = tensor.values(float);
        if values.iter().all(|value| value.is_finite()) {
            Ok(values)
        } else {
            Err(WeightsError::NotFinite { name: name.to_string() })
        }
    }

    fn checked(
        &self,
        architecture: &str,
        name: &str,
        shape: &[usize],
    ) -> Result<(&Tensor<'bytes>, Float), WeightsError> {
        let tensor = self.tensors.get(name).ok_or_else(|| WeightsError::Missing {
            name: name.to_string(),
            architecture: architecture.to_string(),
        })?;
        if tensor.shape() != shape {
            return Err(WeightsError::Shape {
                name: name.to_string(),
                found: tensor.shape().to_vec(),
                expected: shape.to_vec(),
                architecture: architecture.to_string(),
            });
        }
        match tensor.data_type() {
            DataType::Float(float) => Ok((tensor, *float)),
            DataType::Other(dtype) => {
                Err(WeightsError::DataType { name: name.to_string(), dtype: dtype.to_string() })
            }
        }
    }
}

/// Names what the bytes are, so that the message can say so.
fn something_else(bytes: &[u8]) -> &'static str {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'<') {
        "a web page"
    } else if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) || bytes.starts_with(b"\x89PNG") {
        "a picture"
    } else if bytes.starts_with(b"\x89HDF") {
        "an HDF5 file, as Keras writes it"
    } else {
        "of another format"
    }
}
