//! `.safetensors` files: a JSON header, then the bytes of the tensors, one after the other.

use super::Contents;
use super::error::{WeightsError, damaged};
use super::labels;
use super::tensor::{DataType, Float, Tensor};
use crate::text::quoted;
use ::safetensors::tensor::TensorInfo;
use ::safetensors::{Dtype, SafeTensorError, SafeTensors};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Bytes before the header: its length.
const LENGTH: usize = 8;

/// Whether the bytes have a header. Its length, which comes first, may look like anything.
pub(super) fn is_safetensors(bytes: &[u8]) -> bool {
    bytes.get(LENGTH) == Some(&b'{')
}

/// Reads the header, with `labels` (a JSON array) from its `__metadata__` where they are.
pub(super) fn read(bytes: &[u8]) -> Result<Contents<'_>, WeightsError> {
    let (length, header) = SafeTensors::read_metadata(bytes).map_err(|error| refusal(&error, bytes))?;
    let data = bytes.get(LENGTH + length..).unwrap_or_default();
    let mut tensors = Vec::new();
    for (name, TensorInfo { dtype, shape, data_offsets: (start, end) }) in header.tensors() {
        // The library has seen to it that they fit; what it adds up may have overflowed where addresses have 32 bits.
        let tensor = data.get(*start..*end);
        let tensor = tensor.and_then(|bytes| Tensor::contiguous(data_type(*dtype), shape.clone(), bytes));
        let shape = || shape.iter().map(|&length| length as u64).collect();
        let tensor = tensor.ok_or_else(|| WeightsError::Extent { name: name.clone(), shape: shape() })?;
        tensors.push((Cow::Owned(name), tensor));
    }
    let metadata = header.metadata().clone().unwrap_or_default();
    let labels = metadata.get("labels").map(|json| labels::from_json(json)).transpose()?;
    let metadata = metadata.into_iter().map(|(key, text)| (Cow::Owned(key), Cow::Owned(text))).collect();
    Ok(Contents { tensors, metadata, labels })
}

fn data_type(dtype: Dtype) -> DataType {
    match dtype {
        Dtype::F16 => DataType::Float(Float::F16),
        Dtype::BF16 => DataType::Float(Float::BF16),
        Dtype::F32 => DataType::Float(Float::F32),
        Dtype::F64 => DataType::Float(Float::F64),
        other => DataType::Other(format!("{other:?}")),
    }
}

/// The library's refusal in our words.
fn refusal(error: &SafeTensorError, bytes: &[u8]) -> WeightsError {
    match error {
        SafeTensorError::HeaderTooLarge => damaged("its header claims to be longer than any is"),
        SafeTensorError::HeaderTooSmall | SafeTensorError::InvalidHeaderLength => {
            damaged("it ends within its header")
        }
        SafeTensorError::InvalidOffset(name) => {
            damaged(format!("the bytes of tensor {} overlap others, or leave a gap", quoted(name)))
        }
        SafeTensorError::MetadataIncompleteBuffer => {
            damaged("it has not as many bytes as its header lists, as if it had been cut short")
        }
        _ => misfit(bytes).unwrap_or_else(|| damaged("its header is not the list of tensors that it should be")),
    }
}

/// What the header says of a tensor, in numbers that an address need not hold.
#[derive(serde::Deserialize)]
struct Entry {
    dtype: Dtype,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

impl Entry {
    fn fits(&self) -> bool {
        let bits = |count: u64| count.checked_mul(self.dtype.bitsize() as u64);
        let bits = self.shape.iter().try_fold(1, |count: u64, &length| count.checked_mul(length)).and_then(bits);
        let (start, end) = self.data_offsets;
        bits.is_some_and(|bits| end.checked_sub(start).and_then(|bytes| bytes.checked_mul(8)) == Some(bits))
    }
}

/// The tensor whose shape does not fit its bytes; the first by name.
fn misfit(bytes: &[u8]) -> Option<WeightsError> {
    let length = usize::try_from(u64::from_le_bytes(*bytes.first_chunk::<LENGTH>()?)).ok()?;
    let header = bytes.get(LENGTH..)?.get(..length)?;
    let header: BTreeMap<String, serde_json::Value> = serde_json::from_slice(header).ok()?;
    header.into_iter().find_map(|(name, value)| {
        let entry: Entry = serde_json::from_value(value).ok()?;
        (!entry.fits()).then_some(WeightsError::Extent { name, shape: entry.shape })
    })
}
