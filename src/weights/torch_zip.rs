//! The ZIP archive that a checkpoint is: records that are stored as they are.

use super::error::{WeightsError, damaged};
use crate::text::quoted;
use ::zip::read::ArchiveOffset;
use ::zip::{CompressionMethod, ZipArchive};
use std::io::Cursor;

/// The record that says which tensors there are; its folder is that of all records.
const INDEX: &str = "/data.pkl";

/// No file's name is longer, in bytes. Every record is looked for under it.
const MAXIMUM_FOLDER: usize = 255;

/// The records of a checkpoint.
pub(super) struct Archive<'bytes> {
    bytes: &'bytes [u8],
    archive: ZipArchive<Cursor<&'bytes [u8]>>,
    /// The folder that all records are in; its name is the file's when it was saved.
    folder: String,
}

impl<'bytes> Archive<'bytes> {
    /// Reads the list of records.
    pub fn open(bytes: &'bytes [u8]) -> Result<Self, WeightsError> {
        let config = ::zip::read::Config { archive_offset: ArchiveOffset::Known(0) };
        let archive = ZipArchive::with_config(config, Cursor::new(bytes)).map_err(|_| {
            damaged("the list of records at its end is missing or garbled, as if it had been cut short")
        })?;
        let folder = archive.file_names_raw().find_map(|name| str::from_utf8(name).ok()?.strip_suffix(INDEX));
        let folder = folder.filter(|folder| folder.len() <= MAXIMUM_FOLDER).map(str::to_string);
        match folder {
            Some(folder) => Ok(Self { bytes, archive, folder }),
            None => Err(WeightsError::NotAModel { found: "a ZIP archive, but no checkpoint of PyTorch" }),
        }
    }

    /// The record that says which tensors there are.
    pub fn index(&mut self) -> Result<&'bytes [u8], WeightsError> {
        self.required(&INDEX[1..])
    }

    /// A record's bytes, where they lie in the file; an error where there is no such record.
    pub fn required(&mut self, name: &str) -> Result<&'bytes [u8], WeightsError> {
        self.record(name)?.ok_or_else(|| damaged(format!("its record {} is missing", quoted(name))))
    }

    /// The same, `None` where there is no such record.
    pub fn record(&mut self, name: &str) -> Result<Option<&'bytes [u8]>, WeightsError> {
        let Some(index) = self.archive.index_for_name(&format!("{}/{name}", self.folder)) else { return Ok(None) };
        let outside = || damaged(format!("its record {} lies outside the file", quoted(name)));
        let record = self.archive.by_index_raw(index).map_err(|_| outside())?;
        if record.compression() != CompressionMethod::Stored || record.encrypted() {
            let name = quoted(name);
            return Err(damaged(format!("its record {name} is compressed, which PyTorch never does")));
        }
        let range = record.data_start().and_then(|start| Some(start..start.checked_add(record.size())?));
        let range = range.and_then(|range| Some(range.start.try_into().ok()?..range.end.try_into().ok()?));
        let record = range.and_then(|range: std::ops::Range<usize>| self.bytes.get(range));
        record.map(Some).ok_or_else(outside)
    }
}
