//! Photos in a ZIP archive that is too large to be in memory: it is read where it lies, entry by entry.

use super::{failure, object};
use crate::photo::zip::PhotoArchive;
use js_sys::Uint8Array;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, FileReaderSync};

/// An open archive.
#[wasm_bindgen]
pub struct Archive {
    archive: PhotoArchive<BufReader<BlobReader>>,
}

#[wasm_bindgen]
impl Archive {
    /// Reads the archive's directory. Only in a worker: pages may not wait for a file.
    #[wasm_bindgen(constructor)]
    pub fn new(blob: Blob) -> Result<Archive, JsValue> {
        let reader = BlobReader { reader: FileReaderSync::new()?, blob, position: 0 };
        let archive = PhotoArchive::new(BufReader::new(reader)).map_err(|error| failure(error.code(), error))?;
        Ok(Self { archive })
    }

    /// The photos in it, by name: an array of names with their folders.
    pub fn names(&self) -> Result<JsValue, JsValue> {
        object(&self.archive.names())
    }

    /// The bytes of a photo, by its number among the names.
    pub fn read(&mut self, index: usize) -> Result<Vec<u8>, JsValue> {
        self.archive.read(index).map_err(|error| failure(error.code(), error))
    }
}

/// Reads a blob piece by piece.
struct BlobReader {
    reader: FileReaderSync,
    blob: Blob,
    position: u64,
}

impl BlobReader {
    fn length(&self) -> u64 {
        // Whole, and below 2⁵³.
        self.blob.size() as u64
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.length().min(self.position.saturating_add(buffer.len() as u64));
        if self.position >= end {
            return Ok(0);
        }
        let failed = |_: JsValue| io::Error::other("the file cannot be read any more");
        // Both below 2⁵³.
        let piece = self.blob.slice_with_f64_and_f64(self.position as f64, end as f64).map_err(failed)?;
        let bytes = Uint8Array::new(&self.reader.read_as_array_buffer(&piece).map_err(failed)?.into());
        let count = bytes.length() as usize;
        bytes.copy_to(&mut buffer[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.length().checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}
