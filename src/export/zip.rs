//! ZIP archives of files that are compressed already, or small.

use ::zip::write::SimpleFileOptions;
use ::zip::{CompressionMethod, DateTime, ZipWriter};
use std::io::{Cursor, Write};

/// An archive could not be made.
#[derive(Debug, thiserror::Error)]
#[error("The archive could not be written: {0}.")]
pub struct ExportError(String);

/// The files, by name, in an archive: stored as they are, in their order, and dated to the beginning of the format, so that
/// the same files make the same archive.
pub fn zip(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, ExportError> {
    let refused = |error: &dyn std::fmt::Display| ExportError(error.to_string());
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(name.as_str(), options).map_err(|error| refused(&error))?;
        archive.write_all(bytes).map_err(|error| refused(&error))?;
    }
    Ok(archive.finish().map_err(|error| refused(&error))?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::zip::ZipArchive;
    use std::io::Read;

    #[test]
    fn comes_out_as_it_went_in() {
        let files = [("b.txt".to_string(), b"first".to_vec()), ("größe/a.bin".to_string(), vec![7; 70_000])];
        let bytes = zip(&files).expect("an archive");
        assert_eq!(bytes, zip(&files).expect("an archive"), "the same at every run");
        let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("a readable archive");
        for (index, (name, expected)) in files.iter().enumerate() {
            let mut file = archive.by_index(index).expect("a file");
            assert_eq!(file.name().expect("a name"), name.as_str());
            assert_eq!(file.compression(), CompressionMethod::Stored);
            let mut found = Vec::new();
            // Reading checks the CRC.
            file.read_to_end(&mut found).expect("its bytes");
            assert_eq!(&found, expected);
        }
        let twice = [files[0].clone(), files[0].clone()];
        assert!(zip(&twice).expect_err("the same name twice").to_string().starts_with("The archive could not"));
    }
}
