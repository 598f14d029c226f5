//! What a pickle is made of, as far as checkpoints need it.

use super::super::tensor::{DataType, Float};

/// A place among the values of a pickle. Whatever refers to a value twice holds its place twice: nothing is copied, and
/// what contains itself does no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::weights) struct Id(pub(super) u32);

/// A value of plain data, or a tensor.
#[derive(Debug)]
pub(in crate::weights) enum Value<'pickle> {
    /// Data that no network is built from: `None`, booleans, fractions, bytes, sets, what an optimiser has noted ….
    Other,
    Integer(i64),
    Text(&'pickle str),
    /// A list or a tuple.
    Sequence(Vec<Id>),
    /// A dictionary, ordered or not, in the order of insertion.
    Dictionary(Vec<(Id, Id)>),
    Storage(Box<Storage<'pickle>>),
    Tensor(Box<TensorPlace<'pickle>>),
    /// A name of Python's, until it is called.
    Global(Global),
}

/// The elements of one or more tensors: a record of the archive.
#[derive(Debug, Clone)]
pub(in crate::weights) struct Storage<'pickle> {
    pub data_type: DataType,
    /// Its record's name, within `data/`: a number.
    pub key: &'pickle str,
    /// How many there are.
    pub count: u64,
}

/// Where a tensor's elements are.
#[derive(Debug)]
pub(in crate::weights) struct TensorPlace<'pickle> {
    pub storage: Storage<'pickle>,
    /// Of the first element, in elements.
    pub offset: u64,
    /// Outermost dimension first.
    pub shape: Vec<u64>,
    /// Elements from one index to the next, along each dimension.
    pub strides: Vec<u64>,
}

/// A name of Python's that is understood. None is ever looked up in any Python: each stands for what is done here.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::weights) enum Global {
    OrderedDict,
    /// The type of a storage's elements.
    Storage(DataType),
    DataType(DataType),
    /// Makes a tensor of a storage, an offset, a shape and strides.
    RebuildTensor,
    /// The same with the type of the elements: there are more of them than types of storages.
    RebuildTensorOfType,
    /// Makes a parameter of a tensor.
    RebuildParameter,
    /// Makes something else that is nothing but data.
    Data,
}

/// What makes data that is no part of any network, but which checkpoints of whole trainings have beside it. The list is that
/// of PyTorch's own careful reader (`weights_only=True`).
const DATA: [&str; 15] = [
    "_codecs.encode",
    "__builtin__.bytearray",
    "__builtin__.complex",
    "__builtin__.frozenset",
    "__builtin__.set",
    "builtins.bytearray",
    "builtins.complex",
    "builtins.frozenset",
    "builtins.set",
    "collections.Counter",
    "torch.Size",
    "torch.device",
    "torch.storage.TypedStorage",
    "torch.storage.UntypedStorage",
    "torch.storage._UntypedStorage",
];

/// Element types by the names that PyTorch has for them and for a storage of them.
const STORAGES: [(&str, &str); 17] = [
    ("float32", "FloatStorage"),
    ("float16", "HalfStorage"),
    ("bfloat16", "BFloat16Storage"),
    ("float64", "DoubleStorage"),
    ("int64", "LongStorage"),
    ("int32", "IntStorage"),
    ("int16", "ShortStorage"),
    ("int8", "CharStorage"),
    ("uint8", "ByteStorage"),
    ("bool", "BoolStorage"),
    ("complex64", "ComplexFloatStorage"),
    ("complex128", "ComplexDoubleStorage"),
    ("qint8", "QInt8Storage"),
    ("quint8", "QUInt8Storage"),
    ("qint32", "QInt32Storage"),
    ("quint4x2", "QUInt4x2Storage"),
    ("quint2x4", "QUInt2x4Storage"),
];

/// Element types that no storage has a name for.
const TYPES_WITHOUT_STORAGE: [&str; 10] = [
    "complex32",
    "uint16",
    "uint32",
    "uint64",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
    "float4_e2m1fn_x2",
];

impl Global {
    /// The global of this name (with its module); `None` where it is not understood.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "collections.OrderedDict" => return Some(Self::OrderedDict),
            "torch._utils._rebuild_tensor_v2" => return Some(Self::RebuildTensor),
            "torch._utils._rebuild_tensor_v3" => return Some(Self::RebuildTensorOfType),
            "torch._utils._rebuild_parameter" | "torch._utils._rebuild_parameter_with_state" => {
                return Some(Self::RebuildParameter);
            }
            _ if DATA.contains(&name) => return Some(Self::Data),
            _ => {}
        }
        let of_torch = name.strip_prefix("torch.")?;
        let storage = STORAGES.iter().find(|(_, storage)| *storage == of_torch);
        let named = STORAGES.iter().map(|(name, _)| *name).chain(TYPES_WITHOUT_STORAGE);
        match storage {
            Some((name, _)) => Some(Self::Storage(data_type(name))),
            None => named.into_iter().find(|name| *name == of_torch).map(|name| Self::DataType(data_type(name))),
        }
    }
}

fn data_type(name: &str) -> DataType {
    match name {
        "float16" => DataType::Float(Float::F16),
        "bfloat16" => DataType::Float(Float::BF16),
        "float32" => DataType::Float(Float::F32),
        "float64" => DataType::Float(Float::F64),
        other => DataType::Other(other.to_string()),
    }
}
