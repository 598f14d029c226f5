//! Pickles of plain data and of tensors, protocols 2 to 5, as `torch.save` writes them.
//!
//! A pickle is a program for a small machine, and Python's own lets it call whatever Python can import. This one knows a
//! short list of names ([`Global`]), calls nothing, and refuses all others by name. It takes every step in a loop and
//! keeps every value once, so that neither depth nor repeated references cost more than the bytes that ask for them.

mod value;

pub(super) use value::{Global, Id, Storage, TensorPlace, Value};

use super::error::{WeightsError, damaged};
use super::tensor::DataType;
use std::collections::HashMap;

/// No pickle takes more steps; a ResNet-152 with its optimiser takes some 100 000. It bounds the memory that a pickle can
/// ask for, too.
const MAXIMUM_STEPS: usize = 1 << 20;

/// No tensor of a network has more dimensions. Many tensors can refer to one shape, and each keeps its own.
const MAXIMUM_RANK: usize = 8;

/// No storage has a number of more digits.
const MAXIMUM_KEY: usize = 20;

/// The newest protocol there is.
const NEWEST_PROTOCOL: u8 = 5;

/// A pickle's values.
#[derive(Debug)]
pub(super) struct Pickle<'pickle> {
    values: Vec<Value<'pickle>>,
    root: Id,
}

impl<'pickle> Pickle<'pickle> {
    /// Reads the whole pickle.
    pub fn read(bytes: &'pickle [u8]) -> Result<Self, WeightsError> {
        let machine = Machine {
            rest: bytes,
            // The first value is the one that stands for all others of its kind.
            values: vec![Value::Other],
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        };
        machine.run()
    }

    /// What was pickled.
    pub fn root(&self) -> &Value<'pickle> {
        self.value(self.root)
    }

    /// The value at a place, which comes from this pickle.
    pub fn value(&self, id: Id) -> &Value<'pickle> {
        &self.values[id.0 as usize]
    }

    /// The same where it is text.
    pub fn text(&self, id: Id) -> Option<&'pickle str> {
        match self.value(id) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Stands for every value that is not told from others.
const OTHER: Id = Id(0);

struct Machine<'pickle> {
    /// What has not been executed yet.
    rest: &'pickle [u8],
    values: Vec<Value<'pickle>>,
    stack: Vec<Id>,
    /// Heights of the stack that later steps go back to.
    marks: Vec<usize>,
    memo: HashMap<usize, Id>,
}

type Step<T = ()> = Result<T, WeightsError>;

fn broken() -> WeightsError {
    damaged("the list of its tensors, a pickle, breaks off or is garbled")
}

impl<'pickle> Machine<'pickle> {
    fn run(mut self) -> Step<Pickle<'pickle>> {
        for _ in 0..MAXIMUM_STEPS {
            let [opcode] = self.array()?;
            if opcode == b'.' {
                let root = self.pop()?;
                return Ok(Pickle { values: self.values, root });
            }
            self.step(opcode)?;
        }
        Err(damaged("the list of its tensors, a pickle, is longer than that of any network"))
    }

    fn step(&mut self, opcode: u8) -> Step {
        match opcode {
            // Frame and protocol.
            0x80 => match self.array()? {
                [protocol] if protocol <= NEWEST_PROTOCOL => {}
                [protocol] => {
                    return Err(damaged(format!("its pickle has protocol {protocol}, which is unknown")));
                }
            },
            0x95 => {
                let length = self.length::<8>()?;
                if length > self.rest.len() {
                    return Err(broken());
                }
            }
            // The stack.
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_mark()?),
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
            }
            // The memo.
            b'q' => {
                let [index] = self.array()?;
                self.memorise(index.into())?;
            }
            b'r' => {
                let index = self.length::<4>()?;
                self.memorise(index)?;
            }
            0x94 => self.memorise(self.memo.len())?,
            b'h' => {
                let [index] = self.array()?;
                self.recall(index.into())?;
            }
            b'j' => {
                let index = self.length::<4>()?;
                self.recall(index)?;
            }
            // Values without parts.
            b'N' | 0x88 | 0x89 => self.stack.push(OTHER),
            b'G' => {
                self.array::<8>()?;
                self.stack.push(OTHER);
            }
            b'K' => {
                let [value] = self.array()?;
                self.push(Value::Integer(value.into()))?;
            }
            b'M' => {
                let value = u16::from_le_bytes(self.array()?);
                self.push(Value::Integer(value.into()))?;
            }
            b'J' => {
                let value = i32::from_le_bytes(self.array()?);
                self.push(Value::Integer(value.into()))?;
            }
            0x8A => {
                let length = self.length::<1>()?;
                self.long(length)?;
            }
            0x8B => {
                let length = self.length::<4>()?;
                self.long(length)?;
            }
            0x8C => {
                let length = self.length::<1>()?;
                self.text(length)?;
            }
            b'X' => {
                let length = self.length::<4>()?;
                self.text(length)?;
            }
            0x8D => {
                let length = self.length::<8>()?;
                self.text(length)?;
            }
            b'C' => {
                let length = self.length::<1>()?;
                self.skip(length)?;
            }
            b'B' => {
                let length = self.length::<4>()?;
                self.skip(length)?;
            }
            0x8E | 0x96 => {
                let length = self.length::<8>()?;
                self.skip(length)?;
            }
            // Values with parts.
            b')' | b']' => self.push(Value::Sequence(Vec::new()))?,
            b'}' => self.push(Value::Dictionary(Vec::new()))?,
            0x8F => self.stack.push(OTHER),
            b't' | b'l' => {
                let items = self.pop_mark()?;
                self.push(Value::Sequence(items))?;
            }
            0x85..=0x87 => {
                let items = self.pop_several(usize::from(opcode - 0x84))?;
                self.push(Value::Sequence(items))?;
            }
            b'd' => {
                let items = self.pop_mark()?;
                self.push(Value::Dictionary(Vec::new()))?;
                self.insert(&items)?;
            }
            0x91 => {
                self.pop_mark()?;
                self.stack.push(OTHER);
            }
            b'a' => {
                let item = self.pop()?;
                self.append(&[item])?;
            }
            b'e' => {
                let items = self.pop_mark()?;
                self.append(&items)?;
            }
            // What is in a set is not kept.
            0x90 => drop(self.pop_mark()?),
            b's' => {
                let items = self.pop_several(2)?;
                self.insert(&items)?;
            }
            b'u' => {
                let items = self.pop_mark()?;
                self.insert(&items)?;
            }
            // Names of Python's, and what is made by them.
            b'c' => {
                let [module, name] = [self.line()?, self.line()?];
                self.global(module, name)?;
            }
            0x93 => match *self.pop_several(2)? {
                [module, name] => match (self.value(module), self.value(name)) {
                    (&Value::Text(module), &Value::Text(name)) => self.global(module, name)?,
                    _ => return Err(broken()),
                },
                _ => return Err(broken()),
            },
            b'i' => {
                let [module, name] = [self.line()?, self.line()?];
                self.global(module, name)?;
                return Err(broken());
            }
            b'R' | 0x81 => match *self.pop_several(2)? {
                [callable, arguments] => self.call(callable, arguments)?,
                _ => return Err(broken()),
            },
            0x92 => match *self.pop_several(3)? {
                [callable, arguments, _] => self.call(callable, arguments)?,
                _ => return Err(broken()),
            },
            // Attributes of an object, such as the versions of the modules that an ordered dictionary notes.
            b'b' => drop(self.pop()?),
            b'Q' => self.storage()?,
            _ => return Err(broken()),
        }
        Ok(())
    }

    // --- Bytes of the pickle -----------------------------------------------------------------------------------------

    fn take(&mut self, length: usize) -> Step<&'pickle [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(broken)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const LENGTH: usize>(&mut self) -> Step<[u8; LENGTH]> {
        let (&taken, rest) = self.rest.split_first_chunk().ok_or_else(broken)?;
        self.rest = rest;
        Ok(taken)
    }

    /// A length of so many bytes.
    fn length<const BYTES: usize>(&mut self) -> Step<usize> {
        let mut bytes = [0; 8];
        bytes[..BYTES].copy_from_slice(&self.array::<BYTES>()?);
        usize::try_from(u64::from_le_bytes(bytes)).map_err(|_| broken())
    }

    fn line(&mut self) -> Step<&'pickle str> {
        let length = self.rest.iter().position(|&byte| byte == b'\n').ok_or_else(broken)?;
        let line = self.take(length)?;
        self.take(1)?;
        str::from_utf8(line).map_err(|_| broken())
    }

    // --- Stack and memo ----------------------------------------------------------------------------------------------

    fn value(&self, id: Id) -> &Value<'pickle> {
        &self.values[id.0 as usize]
    }

    fn push(&mut self, value: Value<'pickle>) -> Step {
        let id = u32::try_from(self.values.len()).map_err(|_| broken())?;
        self.values.push(value);
        self.stack.push(Id(id));
        Ok(())
    }

    /// The lowest height that may be popped to: what is below a mark belongs to others.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn top(&self) -> Step<Id> {
        self.stack[self.floor()..].last().copied().ok_or_else(broken)
    }

    fn pop(&mut self) -> Step<Id> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn pop_several(&mut self, count: usize) -> Step<Vec<Id>> {
        let height = self.stack.len().checked_sub(count).filter(|&height| height >= self.floor());
        Ok(self.stack.split_off(height.ok_or_else(broken)?))
    }

    fn pop_mark(&mut self) -> Step<Vec<Id>> {
        let height = self.marks.pop().ok_or_else(broken)?;
        Ok(self.stack.split_off(height))
    }

    fn memorise(&mut self, index: usize) -> Step {
        let top = self.top()?;
        self.memo.insert(index, top);
        Ok(())
    }

    fn recall(&mut self, index: usize) -> Step {
        let id = *self.memo.get(&index).ok_or_else(broken)?;
        self.stack.push(id);
        Ok(())
    }

    // --- Values ------------------------------------------------------------------------------------------------------

    /// A little-endian integer of so many bytes, in two's complement.
    fn long(&mut self, length: usize) -> Step {
        let bytes = self.take(length)?;
        if length > 8 {
            self.stack.push(OTHER);
            return Ok(());
        }
        let negative = bytes.last().is_some_and(|&byte| byte >= 0x80);
        let mut all = [if negative { 0xFF } else { 0 }; 8];
        all[..length].copy_from_slice(bytes);
        self.push(Value::Integer(i64::from_le_bytes(all)))
    }

    fn text(&mut self, length: usize) -> Step {
        let text = str::from_utf8(self.take(length)?).map_err(|_| broken())?;
        self.push(Value::Text(text))
    }

    fn skip(&mut self, length: usize) -> Step {
        self.take(length)?;
        self.stack.push(OTHER);
        Ok(())
    }

    fn append(&mut self, items: &[Id]) -> Step {
        let list = self.top()?;
        match &mut self.values[list.0 as usize] {
            Value::Sequence(sequence) => sequence.extend(items),
            Value::Other => {}
            _ => return Err(broken()),
        }
        Ok(())
    }

    /// Puts keys and values, in turn, into the dictionary on the stack.
    fn insert(&mut self, items: &[Id]) -> Step {
        let dictionary = self.top()?;
        let (pairs, rest) = items.as_chunks::<2>();
        match &mut self.values[dictionary.0 as usize] {
            _ if !rest.is_empty() => return Err(broken()),
            Value::Dictionary(entries) => entries.extend(pairs.iter().map(|&[key, value]| (key, value))),
            Value::Other => {}
            _ => return Err(broken()),
        }
        Ok(())
    }

    // --- Names of Python's -------------------------------------------------------------------------------------------

    fn global(&mut self, module: &str, name: &str) -> Step {
        let name = format!("{module}.{name}");
        let global = Global::named(&name).ok_or(WeightsError::Code { name })?;
        self.push(Value::Global(global))
    }

    /// Pushes what `callable` makes of a tuple of arguments.
    fn call(&mut self, callable: Id, arguments: Id) -> Step {
        let Value::Sequence(arguments) = self.value(arguments) else { return Err(broken()) };
        let Value::Global(global) = self.value(callable) else { return Err(broken()) };
        match (global, arguments.as_slice()) {
            (Global::Data, _) => self.stack.push(OTHER),
            (Global::OrderedDict, []) => self.push(Value::Dictionary(Vec::new()))?,
            (Global::RebuildParameter, &[tensor, ..]) => self.stack.push(tensor),
            (Global::RebuildTensor, &[storage, offset, shape, strides, ..]) => {
                let place = self.tensor(storage, offset, shape, strides)?;
                self.push(Value::Tensor(Box::new(place)))?;
            }
            (Global::RebuildTensorOfType, &[storage, offset, shape, strides, _, _, data_type, ..]) => {
                let mut place = self.tensor(storage, offset, shape, strides)?;
                let Value::Global(Global::DataType(data_type)) = self.value(data_type) else {
                    return Err(broken());
                };
                place.storage.data_type = data_type.clone();
                self.push(Value::Tensor(Box::new(place)))?;
            }
            _ => return Err(broken()),
        }
        Ok(())
    }

    /// The storage that the tuple on the stack stands for: `("storage", type, key, device, length)`.
    fn storage(&mut self) -> Step {
        let reference = self.pop()?;
        let Value::Sequence(parts) = self.value(reference) else { return Err(broken()) };
        let [kind, storage_type, key, _, count] = **parts else { return Err(broken()) };
        let data_type = match (self.value(kind), self.value(storage_type)) {
            (Value::Text("storage"), Value::Global(Global::Storage(data_type))) => data_type.clone(),
            // The tensors that are made of it say the type.
            (Value::Text("storage"), Value::Global(Global::Data)) => DataType::Other("untyped".to_string()),
            _ => return Err(broken()),
        };
        let Value::Text(key) = *self.value(key) else { return Err(broken()) };
        if key.len() > MAXIMUM_KEY || !key.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(broken());
        }
        let count = self.number(count)?;
        self.push(Value::Storage(Box::new(Storage { data_type, key, count })))
    }

    fn number(&self, id: Id) -> Step<u64> {
        match self.value(id) {
            &Value::Integer(number) => u64::try_from(number).map_err(|_| broken()),
            _ => Err(broken()),
        }
    }

    fn numbers(&self, id: Id) -> Step<Vec<u64>> {
        match self.value(id) {
            Value::Sequence(items) if items.len() <= MAXIMUM_RANK => {
                items.iter().map(|&item| self.number(item)).collect()
            }
            _ => Err(broken()),
        }
    }

    fn tensor(&self, storage: Id, offset: Id, shape: Id, strides: Id) -> Step<TensorPlace<'pickle>> {
        let Value::Storage(storage) = self.value(storage) else { return Err(broken()) };
        Ok(TensorPlace {
            storage: (**storage).clone(),
            offset: self.number(offset)?,
            shape: self.numbers(shape)?,
            strides: self.numbers(strides)?,
        })
    }
}
