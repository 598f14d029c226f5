//! Checkpoints laid out as `torch.save` lays them out, opcode by opcode, for models too large to be kept as files.

use std::collections::HashMap;
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The folder within the archive: what the file was called when it was saved.
const FOLDER: &str = "model";

/// A state dict of float32 tensors, in torchvision's order, each BatchNorm with its counter. `values` makes a tensor's bytes,
/// one tensor at a time.
pub fn state_dict(tensors: &[(String, Vec<usize>)], values: impl Fn(&str, &[usize]) -> Vec<u8>) -> Vec<u8> {
    let mut pickler = Pickler::new();
    pickler.ordered_dictionary();
    pickler.bytes.push(b'(');
    let mut records = Vec::new();
    for (name, shape) in tensors {
        pickler.text(name);
        pickler.tensor("FloatStorage", records.len(), shape);
        records.push(Some((name, shape)));
        if let Some(batch_norm) = name.strip_suffix("running_var") {
            pickler.text(&format!("{batch_norm}num_batches_tracked"));
            pickler.tensor("LongStorage", records.len(), &[]);
            records.push(None);
        }
    }
    pickler.bytes.push(b'u');
    // The versions of the modules are an attribute of the dictionary.
    pickler.bytes.push(b'}');
    pickler.put();
    pickler.text("_metadata");
    pickler.ordered_dictionary();
    pickler.text("");
    pickler.bytes.push(b'}');
    pickler.put();
    pickler.text("version");
    pickler.bytes.extend(b"K\x01sssb.");

    let records = records.iter().map(|record| match record {
        Some((name, shape)) => values(name, shape),
        None => 1u64.to_le_bytes().to_vec(),
    });
    let size = tensors.iter().map(|(_, shape)| 4 * shape.iter().product::<usize>()).sum::<usize>();
    archive(&pickler.bytes, records, size)
}

/// An archive of a pickle and of records of `size` bytes in all, each named by its number.
pub fn archive(pickle: &[u8], records: impl IntoIterator<Item = Vec<u8>>, size: usize) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::with_capacity(size + size / 64 + (1 << 18))));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).with_alignment(64);
    let mut write = |name: &str, bytes: &[u8]| {
        archive.start_file(format!("{FOLDER}/{name}"), options).expect("a record");
        archive.write_all(bytes).expect("a record's bytes");
    };
    write("data.pkl", pickle);
    write(".format_version", b"1");
    write(".storage_alignment", b"64");
    write("byteorder", b"little");
    for (key, bytes) in records.into_iter().enumerate() {
        write(&format!("data/{key}"), &bytes);
    }
    write("version", b"3\n");
    archive.finish().expect("an archive").into_inner()
}

/// Writes protocol 2 as Python's pickler does: whatever has an identity is memorised, and referred to from then on.
struct Pickler {
    bytes: Vec<u8>,
    /// Names and globals that were written, by their places in the memo.
    memo: HashMap<String, u32>,
    memorised: u32,
}

impl Pickler {
    fn new() -> Self {
        Self { bytes: b"\x80\x02".to_vec(), memo: HashMap::new(), memorised: 0 }
    }

    fn put(&mut self) {
        match u8::try_from(self.memorised) {
            Ok(index) => self.bytes.extend([b'q', index]),
            Err(_) => {
                self.bytes.push(b'r');
                self.bytes.extend(self.memorised.to_le_bytes());
            }
        }
        self.memorised += 1;
    }

    /// What `write` writes, or a reference to it.
    fn once(&mut self, name: &str, write: &[u8]) {
        if let Some(&index) = self.memo.get(name) {
            match u8::try_from(index) {
                Ok(index) => self.bytes.extend([b'h', index]),
                Err(_) => {
                    self.bytes.push(b'j');
                    self.bytes.extend(index.to_le_bytes());
                }
            }
            return;
        }
        self.memo.insert(name.to_string(), self.memorised);
        self.bytes.extend(write);
        self.put();
    }

    fn text(&mut self, text: &str) {
        let opcode = [b"X".as_slice(), &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
        self.once(text, &opcode);
    }

    fn global(&mut self, module: &str, name: &str) {
        self.once(&format!("{module} {name}"), format!("c{module}\n{name}\n").as_bytes());
    }

    fn integer(&mut self, value: usize) {
        if let Ok(value) = u8::try_from(value) {
            self.bytes.extend([b'K', value]);
        } else if let Ok(value) = u16::try_from(value) {
            self.bytes.push(b'M');
            self.bytes.extend(value.to_le_bytes());
        } else {
            self.bytes.push(b'J');
            self.bytes.extend(i32::try_from(value).expect("a size of a tensor").to_le_bytes());
        }
    }

    fn integers(&mut self, values: &[usize]) {
        if values.is_empty() {
            self.bytes.push(b')');
            return;
        }
        if values.len() > 3 {
            self.bytes.push(b'(');
        }
        for &value in values {
            self.integer(value);
        }
        self.bytes.push(match values.len() {
            length @ 1..=3 => 0x84 + length as u8,
            _ => b't',
        });
        self.put();
    }

    fn ordered_dictionary(&mut self) {
        self.global("collections", "OrderedDict");
        self.bytes.extend(b")R");
        self.put();
    }

    fn tensor(&mut self, storage: &str, key: usize, shape: &[usize]) {
        let strides = (0..shape.len()).map(|dimension| shape[dimension + 1..].iter().product());
        let strides: Vec<usize> = strides.collect();
        self.global("torch._utils", "_rebuild_tensor_v2");
        self.bytes.extend(b"((");
        self.text("storage");
        self.global("torch", storage);
        self.text(&key.to_string());
        self.text("cpu");
        self.integer(shape.iter().product());
        self.bytes.push(b't');
        self.put();
        self.bytes.extend(b"QK\0");
        self.integers(shape);
        self.integers(&strides);
        self.bytes.push(0x89);
        self.ordered_dictionary();
        self.bytes.push(b't');
        self.put();
        self.bytes.push(b'R');
        self.put();
    }
}
