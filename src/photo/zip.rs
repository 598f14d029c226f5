//! Photos in a ZIP archive, read one by one: an archive of thousands never has to be in memory.

use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};
use std::io::{Read, Seek};
use zip::{CompressionMethod, ZipArchive};

/// The most bytes that a photo's file in an archive may have: a file of less may unpack to any size.
const MAX_FILE: u64 = 256 << 20;

/// Endings of the files that are taken for photos.
const ENDINGS: [&str; 7] = ["bmp", "gif", "jpeg", "jpg", "jpe", "png", "webp"];

/// What is wrong with an archive, or with one of its files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// No ZIP archive, or a part of one.
    #[error("The ZIP archive cannot be read: it is incomplete or damaged. Pack the photos again.")]
    Damaged,
    /// A file is locked.
    #[error("“{name}” is encrypted. Unpack the archive and open the folder instead.")]
    Encrypted {
        /// Its name.
        name: String,
    },
    /// A file is packed by a method that is not read here.
    #[error(
        "“{name}” is packed in a way that is not understood here. Unpack the archive and open the folder instead."
    )]
    Method {
        /// Its name.
        name: String,
    },
    /// A file is too large.
    #[error("“{name}” is too large for a photo: {} megabytes are the limit.", MAX_FILE >> 20)]
    TooLarge {
        /// Its name.
        name: String,
    },
    /// There is no file of that number: a mistake of the caller's.
    #[error("There is no photo of the number {index} in the archive.")]
    NoSuchPhoto {
        /// What was asked for.
        index: usize,
    },
}

impl ArchiveError {
    /// Stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchPhoto { .. } => "internal",
            _ => "archive-damaged",
        }
    }
}

/// An open archive.
pub struct PhotoArchive<R> {
    archive: ZipArchive<R>,
    /// Each photo's name, with its folders, and its number in the archive.
    photos: Vec<(String, usize)>,
}

impl<R: Read + Seek> PhotoArchive<R> {
    /// Reads the archive's directory.
    ///
    /// # Errors
    /// [`ArchiveError::Damaged`].
    pub fn new(reader: R) -> Result<Self, ArchiveError> {
        let archive = ZipArchive::new(reader).map_err(|_| ArchiveError::Damaged)?;
        let names = archive.file_names().map(|name| name.map(|name| name.into_owned()));
        let named: Vec<String> = names.collect::<Result<_, _>>().map_err(|_| ArchiveError::Damaged)?;
        let photos = named.into_iter().enumerate().filter(|(_, name)| is_photo(name));
        Ok(Self { photos: photos.map(|(index, name)| (name, index)).collect(), archive })
    }

    /// The photos' names, with the folders they lie in, in the archive's order.
    pub fn names(&self) -> Vec<&str> {
        self.photos.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The bytes of a photo's file, by its number in [`names`](Self::names).
    ///
    /// # Errors
    /// [`ArchiveError`] says what is wrong with this file; others can still be read.
    pub fn read(&mut self, index: usize) -> Result<Vec<u8>, ArchiveError> {
        let (name, number) = self.photos.get(index).ok_or(ArchiveError::NoSuchPhoto { index })?;
        let name = || name.clone();
        let mut file = self.archive.by_index_raw(*number).map_err(|_| ArchiveError::Damaged)?;
        if file.encrypted() {
            return Err(ArchiveError::Encrypted { name: name() });
        }
        let (method, checksum) = (file.compression(), file.crc32());
        // What the directory says of the sizes need not be true.
        let mut packed = Vec::new();
        file.by_ref().take(MAX_FILE + 1).read_to_end(&mut packed).map_err(|_| ArchiveError::Damaged)?;
        if packed.len() as u64 > MAX_FILE {
            return Err(ArchiveError::TooLarge { name: name() });
        }
        let bytes = match method {
            CompressionMethod::STORE => packed,
            // The limit is far below what a `usize` holds.
            CompressionMethod::DEFLATE => {
                decompress_to_vec_with_limit(&packed, MAX_FILE as usize).map_err(|error| match error.status {
                    TINFLStatus::HasMoreOutput => ArchiveError::TooLarge { name: name() },
                    _ => ArchiveError::Damaged,
                })?
            }
            _ => return Err(ArchiveError::Method { name: name() }),
        };
        if crc32fast::hash(&bytes) == checksum { Ok(bytes) } else { Err(ArchiveError::Damaged) }
    }
}

/// By its ending. Hidden files, and those that macOS packs beside the real ones, may be called like photos.
fn is_photo(name: &str) -> bool {
    let hidden = name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    !hidden && ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    fn packed(files: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            let options = SimpleFileOptions::default().compression_method(method);
            writer.start_file(*name, options).expect("a file");
            writer.write_all(bytes).expect("its bytes");
        }
        writer.finish().expect("an archive").into_inner()
    }

    const FILES: [(&str, &[u8]); 6] = [
        ("roses/one.JPG", b"first"),
        ("__MACOSX/roses/._one.JPG", b"no photo"),
        ("notes.txt", b"no photo"),
        (".hidden/two.png", b"no photo"),
        ("asters/two.webp", &[7; 100_000]),
        ("jpg", b"no photo"),
    ];

    #[test]
    fn photos_come_out_as_they_went_in() {
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let bytes = packed(&FILES, method);
            let mut archive = PhotoArchive::new(Cursor::new(bytes)).expect("an archive");
            assert_eq!(archive.names(), ["roses/one.JPG", "asters/two.webp"]);
            assert_eq!(archive.read(1).expect("a file"), [7; 100_000]);
            assert_eq!(archive.read(0).expect("a file"), b"first");
            assert_eq!(archive.read(2), Err(ArchiveError::NoSuchPhoto { index: 2 }));
        }
    }

    #[test]
    fn damage_is_told_and_leaves_the_rest() {
        let mut bytes = packed(&FILES, CompressionMethod::Stored);
        assert_eq!(PhotoArchive::new(Cursor::new(&bytes[..bytes.len() - 30])).err(), Some(ArchiveError::Damaged));
        assert_eq!(PhotoArchive::new(Cursor::new(b"no archive")).err(), Some(ArchiveError::Damaged));
        let place = bytes.windows(5).position(|window| window == b"first").expect("the file's bytes");
        bytes[place] ^= 1;
        let mut archive = PhotoArchive::new(Cursor::new(bytes)).expect("an archive");
        assert_eq!(archive.read(0), Err(ArchiveError::Damaged), "its checksum differs");
        assert!(archive.read(1).is_ok());
    }
}
