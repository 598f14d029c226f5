//! WebAssembly's relaxed vectors: what [`simd128`](super::simd128) has, and a product and a sum in one instruction.

use super::simd128::Vector;
use std::arch::wasm32::f32x4_relaxed_madd;

/// The name of these instructions, for the line that says what runs.
pub const NAME: &str = "relaxed SIMD";

/// `a · b + c`, rounded once where the processor has it, else twice.
#[inline(always)]
pub fn multiply_add(a: Vector, b: Vector, c: Vector) -> Vector {
    f32x4_relaxed_madd(a, b, c)
}
