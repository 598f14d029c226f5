//! Checkpoints of PyTorch: what `torch.save` writes of a state dict, alone or among other things.

use super::Contents;
use super::error::{WeightsError, damaged};
use super::labels::{self, Entry};
use super::pickle::{Id, Pickle, TensorPlace, Value};
use super::tensor::{ByteOrder, Tensor};
use super::torch_zip::Archive;
use crate::text::quoted;
use std::borrow::Cow;
use std::collections::HashSet;

/// Under these names a checkpoint has its state dict, if it is none itself.
const STATE_DICT_KEYS: [&str; 6] = ["state_dict", "model_state_dict", "model", "model_state", "net", "weights"];

/// Labels are no longer than this in all, in bytes: a pickle can refer to one long text any number of times.
const MAXIMUM_LABELS: usize = 1 << 22;

/// So many names are listed where none is what was looked for.
const LISTED: usize = 2;

/// Whether this is a ZIP archive, as checkpoints are since PyTorch 1.6.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Whether this is a bare pickle, as checkpoints were before.
pub(super) fn is_legacy(bytes: &[u8]) -> bool {
    matches!(bytes, [0x80, 2..=5, next, ..] if *next != 0)
}

/// Reads a checkpoint's names and shapes, its labels and texts. No code in it is run.
pub(super) fn read(bytes: &[u8]) -> Result<Contents<'_>, WeightsError> {
    let mut archive = Archive::open(bytes)?;
    let byte_order = match archive.record("byteorder")? {
        // Before PyTorch 2.1 it went without saying.
        None | Some(b"little") => ByteOrder::LittleEndian,
        Some(b"big") => ByteOrder::BigEndian,
        Some(_) => return Err(damaged("its order of bytes is neither “little” nor “big”")),
    };
    let pickle = Pickle::read(archive.index()?)?;
    let top = entries(&pickle, pickle.root());
    let mut tensors = Vec::new();
    for (name, place) in state_dict(&pickle, &top)? {
        let tensor = tensor(&mut archive, name, place, bytes.len())?;
        tensors.push((Cow::Borrowed(name), tensor.with_byte_order(byte_order)));
    }
    let texts = top.iter().filter_map(|(key, value)| match value {
        &&Value::Text(text) => Some((Cow::Borrowed(*key), Cow::Borrowed(text))),
        _ => None,
    });
    Ok(Contents { tensors, metadata: texts.collect(), labels: labels(&pickle, &top).transpose()? })
}

/// The entries of a dictionary whose keys are texts; none of anything else. A key that is referred to again replaces what
/// it had, as in Python: from here on, all names together are no longer than the pickle.
fn entries<'a, 'pickle>(
    pickle: &'a Pickle<'pickle>,
    dictionary: &'a Value<'pickle>,
) -> Vec<(&'pickle str, &'a Value<'pickle>)> {
    let Value::Dictionary(entries) = dictionary else { return Vec::new() };
    let mut seen = HashSet::new();
    let last = entries.iter().rev().filter(|(key, _)| seen.insert(*key));
    let mut named: Vec<_> =
        last.filter_map(|&(key, value)| Some((pickle.text(key)?, pickle.value(value)))).collect();
    named.reverse();
    named
}

/// The tensors of the state dict, by name.
fn state_dict<'a, 'pickle>(
    pickle: &'a Pickle<'pickle>,
    top: &[(&'pickle str, &'a Value<'pickle>)],
) -> Result<Vec<(&'pickle str, &'a TensorPlace<'pickle>)>, WeightsError> {
    let tensors = |entries: &[(&'pickle str, &'a Value<'pickle>)]| -> Vec<_> {
        let tensors = entries.iter().filter_map(|&(name, value)| match value {
            Value::Tensor(place) => Some((name, &**place)),
            _ => None,
        });
        tensors.collect()
    };
    // The best accuracy, say, is a tensor beside the state dict: so look there last.
    let nested = STATE_DICT_KEYS.iter().filter_map(|key| top.iter().rfind(|(name, _)| name == key));
    let candidates = nested.map(|(_, value)| tensors(&entries(pickle, value))).chain([tensors(top)]);
    candidates.into_iter().find(|tensors| !tensors.is_empty()).ok_or_else(|| {
        let names: Vec<String> = top.iter().take(LISTED).map(|(name, _)| quoted(name).to_string()).collect();
        let found = match top {
            [] => "nothing in it has a name".to_string(),
            _ => format!("it has {}", names.join(", ")),
        };
        WeightsError::NoTensors { found }
    })
}

/// A tensor where it lies in the file.
fn tensor<'bytes>(
    archive: &mut Archive<'bytes>,
    name: &str,
    place: &TensorPlace,
    file_length: usize,
) -> Result<Tensor<'bytes>, WeightsError> {
    let TensorPlace { storage, offset, shape, strides } = place;
    let record = archive.required(&format!("data/{}", storage.key))?;
    let sizes = |sizes: &[u64]| sizes.iter().map(|&size| usize::try_from(size).ok()).collect::<Option<Vec<_>>>();
    let tensor = || {
        let size = storage.data_type.size().unwrap_or(0) as u64;
        storage.count.checked_mul(size).filter(|&size| size <= record.len() as u64)?;
        let offset = usize::try_from(*offset).ok()?;
        let tensor = Tensor::strided(storage.data_type.clone(), sizes(shape)?, sizes(strides)?, offset, record)?;
        // One element may stand at many places of a tensor, which could be any number; but no network is made of that.
        (tensor.count() <= file_length).then_some(tensor)
    };
    tensor().ok_or_else(|| WeightsError::Extent { name: name.to_string(), shape: shape.clone() })
}

/// The class names, where a checkpoint has any: a list, or a table either way round.
fn labels(pickle: &Pickle, top: &[(&str, &Value)]) -> Option<Result<Vec<String>, WeightsError>> {
    let entry = |&(key, value): &(Id, Id)| match (pickle.value(key), pickle.value(value)) {
        (Value::Integer(index), Value::Text(name)) => Some((index.to_string(), Entry::Name(name.to_string()))),
        (Value::Text(key), Value::Text(name)) => Some((key.to_string(), Entry::Name(name.to_string()))),
        (Value::Text(name), &Value::Integer(index)) => Some((name.to_string(), Entry::Index(index))),
        _ => None,
    };
    labels::KEYS.iter().find_map(|key| match top.iter().rfind(|(name, _)| name == key)?.1 {
        Value::Sequence(names) if !names.is_empty() && are_short(pickle, names.iter().copied()) => {
            let names = names.iter().map(|&name| pickle.text(name).map(str::to_string));
            Some(Ok(names.collect::<Option<_>>()?))
        }
        Value::Dictionary(table)
            if !table.is_empty() && are_short(pickle, table.iter().flat_map(|&(key, value)| [key, value])) =>
        {
            labels::from_table(table.iter().map(entry).collect::<Option<_>>()?)
        }
        // A number of classes, say.
        _ => None,
    })
}

/// Whether there is memory for copies of all texts among these.
fn are_short(pickle: &Pickle, ids: impl Iterator<Item = Id>) -> bool {
    ids.filter_map(|id| pickle.text(id)).map(str::len).sum::<usize>() <= MAXIMUM_LABELS
}
