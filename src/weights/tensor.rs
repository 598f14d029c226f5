//! A tensor that still lies in the file's bytes.

/// What the elements of a tensor are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DataType {
    Float(Float),
    /// One that is not read, by the name that the file's format has for it.
    Other(String),
}

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Float {
    F16,
    BF16,
    F32,
    F64,
}

impl DataType {
    /// Bytes of an element, where it can be read.
    pub fn size(&self) -> Option<usize> {
        match self {
            Self::Float(Float::F16 | Float::BF16) => Some(2),
            Self::Float(Float::F32) => Some(4),
            Self::Float(Float::F64) => Some(8),
            Self::Other(_) => None,
        }
    }
}

/// Which byte of an element comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByteOrder {
    /// The last: what nearly every machine does.
    LittleEndian,
    BigEndian,
}

/// Element type, shape and place.
#[derive(Debug, Clone)]
pub(super) struct Tensor<'bytes> {
    data_type: DataType,
    /// Outermost dimension first.
    shape: Vec<usize>,
    /// Elements from one index to the next, along each dimension; 0 where there is one index only.
    strides: Vec<usize>,
    /// From the first element on. All elements lie within them.
    bytes: &'bytes [u8],
    byte_order: ByteOrder,
}

impl<'bytes> Tensor<'bytes> {
    /// A tensor whose elements follow one another, row-major; `None` unless `bytes` holds exactly them.
    pub fn contiguous(data_type: DataType, shape: Vec<usize>, bytes: &'bytes [u8]) -> Option<Self> {
        let strides = row_major(&shape)?;
        let tensor = Self::strided(data_type, shape, strides, 0, bytes)?;
        let exact = tensor.data_type.size().is_none_or(|size| tensor.count() * size == bytes.len());
        exact.then_some(tensor)
    }

    /// A tensor that begins at element `offset` of `storage`, whose neighbours along a dimension are `strides` elements
    /// apart; `None` unless all its elements lie in there.
    pub fn strided(
        data_type: DataType,
        shape: Vec<usize>,
        mut strides: Vec<usize>,
        offset: usize,
        storage: &'bytes [u8],
    ) -> Option<Self> {
        if strides.len() != shape.len() {
            return None;
        }
        let count = shape.iter().try_fold(1, |count: usize, &length| count.checked_mul(length))?;
        for (stride, &length) in strides.iter_mut().zip(&shape) {
            if length <= 1 {
                *stride = 0;
            }
        }
        let bytes = match data_type.size() {
            Some(size) if count > 0 => {
                let bytes = storage.get(offset.checked_mul(size)?..)?;
                let last = shape.iter().zip(&strides).try_fold(0, |last: usize, (&length, stride)| {
                    last.checked_add((length - 1).checked_mul(*stride)?)
                })?;
                if last >= bytes.len() / size {
                    return None;
                }
                bytes
            }
            // No elements, or none that will be read.
            _ => &[],
        };
        Some(Self { data_type, shape, strides, bytes, byte_order: ByteOrder::LittleEndian })
    }

    /// The same tensor, its elements in that order of bytes.
    pub fn with_byte_order(self, byte_order: ByteOrder) -> Self {
        Self { byte_order, ..self }
    }

    /// Outermost dimension first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of elements.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// What the elements are.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// All elements, row-major, as `f32` (from `f64` to the nearest). They are of type `float`.
    pub fn values(&self, float: Float) -> Vec<f32> {
        match float {
            Float::F16 => self.gather(|bytes| half::f16::from_le_bytes(bytes).to_f32()),
            Float::BF16 => self.gather(|bytes| half::bf16::from_le_bytes(bytes).to_f32()),
            Float::F32 => self.gather(f32::from_le_bytes),
            Float::F64 => self.gather(|bytes| f64::from_le_bytes(bytes) as f32),
        }
    }

    fn gather<const SIZE: usize>(&self, decode: impl Fn([u8; SIZE]) -> f32) -> Vec<f32> {
        let (elements, _) = self.bytes.as_chunks::<SIZE>();
        let decode = |mut bytes: [u8; SIZE]| {
            if self.byte_order == ByteOrder::BigEndian {
                bytes.reverse();
            }
            decode(bytes)
        };
        let count = self.count();
        let in_order = row_major(&self.shape).is_some_and(|strides| {
            let mut dimensions = self.shape.iter().zip(strides.iter().zip(&self.strides));
            dimensions.all(|(&length, (expected, stride))| length <= 1 || expected == stride)
        });
        if in_order || count == 0 {
            return elements[..count].iter().map(|&bytes| decode(bytes)).collect();
        }
        let mut values = Vec::with_capacity(count);
        let mut indices = vec![0; self.shape.len()];
        let mut position = 0;
        for _ in 0..count {
            values.push(decode(elements[position]));
            for (index, (&length, stride)) in indices.iter_mut().zip(self.shape.iter().zip(&self.strides)).rev() {
                *index += 1;
                position += stride;
                if *index < length {
                    break;
                }
                position -= stride * length;
                *index = 0;
            }
        }
        values
    }
}

/// Strides of elements that follow one another; `None` where there are too many to count.
fn row_major(shape: &[usize]) -> Option<Vec<usize>> {
    let mut strides = vec![0; shape.len()];
    let mut next = 1usize;
    for (stride, &length) in strides.iter_mut().zip(shape).rev() {
        *stride = next;
        next = next.checked_mul(length)?;
    }
    Some(strides)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOAT32: DataType = DataType::Float(Float::F32);

    /// The numbers 0, 1, 2 … as bytes.
    fn storage(count: usize) -> Vec<u8> {
        (0..count).flat_map(|value| (value as f32).to_le_bytes()).collect()
    }

    fn values(shape: &[usize], strides: &[usize], offset: usize, count: usize) -> Option<Vec<f32>> {
        let bytes = storage(count);
        let tensor = Tensor::strided(FLOAT32, shape.to_vec(), strides.to_vec(), offset, &bytes)?;
        Some(tensor.values(Float::F32))
    }

    #[test]
    fn elements_are_gathered_row_by_row() {
        assert_eq!(values(&[2, 3], &[3, 1], 0, 6), Some(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]));
        assert_eq!(values(&[3, 2], &[1, 3], 0, 6), Some(vec![0.0, 3.0, 1.0, 4.0, 2.0, 5.0]), "transposed");
        assert_eq!(values(&[2, 2], &[4, 2], 1, 8), Some(vec![1.0, 3.0, 5.0, 7.0]), "every second, from the first");
        assert_eq!(values(&[2, 2], &[0, 1], 0, 2), Some(vec![0.0, 1.0, 0.0, 1.0]), "expanded");
        assert_eq!(values(&[], &[], 2, 3), Some(vec![2.0]), "a scalar");
        assert_eq!(values(&[0, 5], &[5, 1], 9, 3), Some(vec![]), "nothing");
        // One index: its stride means nothing.
        assert_eq!(values(&[1, 2], &[usize::MAX, 1], 0, 2), Some(vec![0.0, 1.0]));
    }

    #[test]
    fn what_lies_outside_is_refused() {
        assert_eq!(values(&[2, 3], &[3, 1], 1, 6), None);
        assert_eq!(values(&[2], &[usize::MAX], 0, 6), None);
        assert_eq!(values(&[3], &[usize::MAX / 2], 0, 6), None);
        assert_eq!(values(&[usize::MAX, 2], &[0, 0], 0, 6), None, "too many to count");
        assert_eq!(values(&[1], &[1], usize::MAX, 6), None);
        assert_eq!(values(&[2, 2], &[1], 0, 6), None, "a stride is missing");
        let bytes = storage(3);
        assert!(Tensor::contiguous(FLOAT32, vec![2], &bytes).is_none(), "more bytes than elements");
        assert!(Tensor::contiguous(FLOAT32, vec![3], &bytes[..11]).is_none(), "a byte is missing");
        assert!(Tensor::contiguous(FLOAT32, vec![usize::MAX, 0], &[]).is_some(), "no elements at all");
    }
}
