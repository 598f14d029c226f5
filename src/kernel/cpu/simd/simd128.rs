//! WebAssembly's 128-bit vectors, which every browser of the last years has.

use super::LANES;
use std::arch::wasm32::*;

/// Four floats.
pub type Vector = v128;

/// Which lanes something is true of: all bits of a lane, or none.
pub type Mask = v128;

/// The name of these instructions, for the line that says what runs.
#[cfg(not(target_feature = "relaxed-simd"))]
pub const NAME: &str = "SIMD";

/// The same value in every lane.
#[inline(always)]
pub fn splat(value: f32) -> Vector {
    f32x4_splat(value)
}

/// Four neighbouring floats.
///
/// # Safety
/// `source` points to four readable floats; any alignment of a float will do.
#[inline(always)]
pub unsafe fn load(source: *const f32) -> Vector {
    // Safety: the caller's promise.
    unsafe { v128_load(source.cast()) }
}

/// One float in every lane.
///
/// # Safety
/// `source` points to a readable float.
#[inline(always)]
pub unsafe fn load_splat(source: *const f32) -> Vector {
    // Safety: the caller's promise.
    unsafe { v128_load32_splat(source.cast()) }
}

/// Writes four neighbouring floats.
///
/// # Safety
/// `target` points to four writable floats; any alignment of a float will do.
#[inline(always)]
pub unsafe fn store(target: *mut f32, vector: Vector) {
    // Safety: the caller's promise.
    unsafe { v128_store(target.cast(), vector) }
}

/// `a + b`.
#[inline(always)]
pub fn add(a: Vector, b: Vector) -> Vector {
    f32x4_add(a, b)
}

/// `a − b`.
#[inline(always)]
pub fn subtract(a: Vector, b: Vector) -> Vector {
    f32x4_sub(a, b)
}

/// `a · b`.
#[inline(always)]
pub fn multiply(a: Vector, b: Vector) -> Vector {
    f32x4_mul(a, b)
}

/// `a · b + c`, rounded twice.
#[cfg(not(target_feature = "relaxed-simd"))]
#[inline(always)]
pub fn multiply_add(a: Vector, b: Vector, c: Vector) -> Vector {
    f32x4_add(f32x4_mul(a, b), c)
}

/// The larger of `a` and `b`; NaN where either is.
#[inline(always)]
pub fn maximum(a: Vector, b: Vector) -> Vector {
    f32x4_max(a, b)
}

/// `max(0, a)`, but NaN where `a` is, so that an overflow is not hidden.
#[inline(always)]
pub fn relu(a: Vector) -> Vector {
    // The second operand only where the first is smaller, which NaN is not.
    f32x4_pmax(a, f32x4_splat(0.0))
}

/// `a` where `gate > 0`, else 0.
#[inline(always)]
pub fn where_positive(a: Vector, gate: Vector) -> Vector {
    v128_and(a, f32x4_gt(gate, f32x4_splat(0.0)))
}

/// No lane.
#[inline(always)]
pub fn no_lane() -> Mask {
    i32x4_splat(0)
}

/// Where `a = b`.
#[inline(always)]
pub fn equal(a: Vector, b: Vector) -> Mask {
    f32x4_eq(a, b)
}

/// Where `a` holds and `b` does not.
#[inline(always)]
pub fn and_not(a: Mask, b: Mask) -> Mask {
    v128_andnot(a, b)
}

/// Where either holds.
#[inline(always)]
pub fn or(a: Mask, b: Mask) -> Mask {
    v128_or(a, b)
}

/// `a` where the mask holds, else 0.
#[inline(always)]
pub fn select(mask: Mask, a: Vector) -> Vector {
    v128_and(mask, a)
}

/// Lane `j` of vector `i` becomes lane `i` of vector `j`.
#[inline(always)]
pub fn transpose([a, b, c, d]: [Vector; LANES]) -> [Vector; LANES] {
    let low_ab = i32x4_shuffle::<0, 4, 1, 5>(a, b);
    let high_ab = i32x4_shuffle::<2, 6, 3, 7>(a, b);
    let low_cd = i32x4_shuffle::<0, 4, 1, 5>(c, d);
    let high_cd = i32x4_shuffle::<2, 6, 3, 7>(c, d);
    [
        i64x2_shuffle::<0, 2>(low_ab, low_cd),
        i64x2_shuffle::<1, 3>(low_ab, low_cd),
        i64x2_shuffle::<0, 2>(high_ab, high_cd),
        i64x2_shuffle::<1, 3>(high_ab, high_cd),
    ]
}
