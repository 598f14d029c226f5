//! Plain arrays, which compilers turn into whatever vectors the machine has: for native builds.

use super::LANES;

/// Four floats.
#[derive(Clone, Copy)]
#[repr(align(16))]
pub struct Vector([f32; LANES]);

/// The name of these instructions, for the line that says what runs.
pub const NAME: &str = "native";

fn zip(a: Vector, b: Vector, operation: impl Fn(f32, f32) -> f32) -> Vector {
    Vector(std::array::from_fn(|lane| operation(a.0[lane], b.0[lane])))
}

/// The same value in every lane.
#[inline(always)]
pub fn splat(value: f32) -> Vector {
    Vector([value; LANES])
}

/// Four neighbouring floats.
///
/// # Safety
/// `source` points to four readable floats; any alignment of a float will do.
#[inline(always)]
pub unsafe fn load(source: *const f32) -> Vector {
    // Safety: the caller's promise.
    Vector(unsafe { source.cast::<[f32; LANES]>().read_unaligned() })
}

/// One float in every lane.
///
/// # Safety
/// `source` points to a readable float.
#[inline(always)]
pub unsafe fn load_splat(source: *const f32) -> Vector {
    // Safety: the caller's promise.
    splat(unsafe { *source })
}

/// Writes four neighbouring floats.
///
/// # Safety
/// `target` points to four writable floats; any alignment of a float will do.
#[inline(always)]
pub unsafe fn store(target: *mut f32, vector: Vector) {
    // Safety: the caller's promise.
    unsafe { target.cast::<[f32; LANES]>().write_unaligned(vector.0) }
}

/// `a + b`.
#[inline(always)]
pub fn add(a: Vector, b: Vector) -> Vector {
    zip(a, b, |a, b| a + b)
}

/// `a − b`.
#[inline(always)]
pub fn subtract(a: Vector, b: Vector) -> Vector {
    zip(a, b, |a, b| a - b)
}

/// `a · b`.
#[inline(always)]
pub fn multiply(a: Vector, b: Vector) -> Vector {
    zip(a, b, |a, b| a * b)
}

/// `a · b + c`, rounded twice.
#[inline(always)]
pub fn multiply_add(a: Vector, b: Vector, c: Vector) -> Vector {
    add(multiply(a, b), c)
}

/// The larger of `a` and `b`; NaN where either is.
#[inline(always)]
pub fn maximum(a: Vector, b: Vector) -> Vector {
    zip(a, b, |a, b| if a > b || a.is_nan() { a } else { b })
}

/// `max(0, a)`, but NaN where `a` is, so that an overflow is not hidden.
#[inline(always)]
pub fn relu(a: Vector) -> Vector {
    Vector(a.0.map(|a| if a < 0.0 { 0.0 } else { a }))
}

/// `a` where `gate > 0`, else 0.
#[inline(always)]
pub fn where_positive(a: Vector, gate: Vector) -> Vector {
    zip(a, gate, |a, gate| if gate > 0.0 { a } else { 0.0 })
}

/// Which lanes something is true of.
#[derive(Clone, Copy)]
pub struct Mask([bool; LANES]);

/// No lane.
#[inline(always)]
pub fn no_lane() -> Mask {
    Mask([false; LANES])
}

/// Where `a = b`.
#[inline(always)]
pub fn equal(a: Vector, b: Vector) -> Mask {
    Mask(std::array::from_fn(|lane| a.0[lane] == b.0[lane]))
}

/// Where `a` holds and `b` does not.
#[inline(always)]
pub fn and_not(a: Mask, b: Mask) -> Mask {
    Mask(std::array::from_fn(|lane| a.0[lane] && !b.0[lane]))
}

/// Where either holds.
#[inline(always)]
pub fn or(a: Mask, b: Mask) -> Mask {
    Mask(std::array::from_fn(|lane| a.0[lane] || b.0[lane]))
}

/// `a` where the mask holds, else 0.
#[inline(always)]
pub fn select(mask: Mask, a: Vector) -> Vector {
    Vector(std::array::from_fn(|lane| if mask.0[lane] { a.0[lane] } else { 0.0 }))
}

/// Lane `j` of vector `i` becomes lane `i` of vector `j`.
#[inline(always)]
pub fn transpose(rows: [Vector; LANES]) -> [Vector; LANES] {
    std::array::from_fn(|column| Vector(std::array::from_fn(|row| rows[row].0[column])))
}
