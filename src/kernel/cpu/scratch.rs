//! Memory that kernels work in, and memory that several threads fill.

/// Memory that outlives a kernel only to spare the next one its allocation. What it holds in between means nothing.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Left factors of matrix products.
    pub left: Vec<f32>,
    /// Their results.
    pub products: Vec<f32>,
}

/// At least `length` floats of `memory`, with any content.
pub fn at_least(memory: &mut Vec<f32>, length: usize) -> &mut [f32] {
    if memory.len() < length {
        memory.resize(length, 0.0);
    }
    &mut memory[..length]
}

/// Floats that several threads write, each its own part.
#[derive(Clone, Copy)]
pub struct Shared {
    start: *mut f32,
    length: usize,
}

// Safety: it is an address and a length; whoever dereferences what `at` returns promises that no two threads touch the
// same floats.
unsafe impl Send for Shared {}
// Safety: as above.
unsafe impl Sync for Shared {}

impl Shared {
    /// All of `floats`, which must stay borrowed while the result is in use.
    pub fn new(floats: &mut [f32]) -> Self {
        Self { start: floats.as_mut_ptr(), length: floats.len() }
    }

    /// The address of float number `offset`, of which the `count` that begin there are going to be used.
    ///
    /// # Safety
    /// `offset + count` is at most the length.
    #[inline(always)]
    pub unsafe fn at(self, offset: usize, count: usize) -> *mut f32 {
        debug_assert!(offset + count <= self.length, "{offset} + {count} of {}", self.length);
        // Safety: the caller's promise.
        unsafe { self.start.add(offset) }
    }
}

/// A vector of `length` floats, every one of which `fill` writes.
///
/// # Safety
/// `fill` writes all of them, and reads none before.
pub unsafe fn filled(length: usize, fill: impl FnOnce(Shared)) -> Vec<f32> {
    let mut floats = Vec::with_capacity(length);
    fill(Shared { start: floats.as_mut_ptr(), length });
    // Safety: the capacity is there, and the caller promises that `fill` has written every float.
    unsafe { floats.set_len(length) };
    floats
}
