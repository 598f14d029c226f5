//! NumPy's file format, version 1.0.

use crate::cam::Map;

/// `map` as `numpy.load` reads it: an array of float32 of the shape (height, width).
pub fn npy(map: &Map) -> Vec<u8> {
    const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
    let mut header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", map.height, map.width);
    // Magic, length, header and the newline that ends it fill whole blocks of 64 bytes.
    let unpadded = MAGIC.len() + size_of::<u16>() + header.len() + 1;
    header.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(64) - unpadded));
    header.push('\n');
    let mut file = MAGIC.to_vec();
    // Two numbers make no header of 64 KiB.
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(map.values.iter().flat_map(|value| value.to_le_bytes()));
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.save` of `numpy.array([[1, 2, 3], [4, 5, 6.5]], numpy.float32)`, written out.
    #[test]
    fn is_what_numpy_writes() {
        let file = npy(&Map { width: 3, height: 2, values: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.5] });
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
        let mut expected = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        expected.extend(format!("{header:<117}\n").bytes());
        assert_eq!(expected.len(), 128);
        for bytes in
            [[0, 0, 128, 63], [0, 0, 0, 64], [0, 0, 64, 64], [0, 0, 128, 64], [0, 0, 160, 64], [0, 0, 208, 64]]
        {
            expected.extend(bytes);
        }
        assert_eq!(file, expected);
    }
}
