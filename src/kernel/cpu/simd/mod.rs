//! Four lanes of float32: one file for each instruction set, chosen when the crate is compiled.
//!
//! The kernels are written against these functions and know nothing else of the machine. Whether a product and a sum
//! are fused, with one rounding instead of two, is decided by which [`multiply_add`] is exported here.

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable;
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
mod relaxed;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub use portable::*;
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
pub use relaxed::*;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use simd128::*;

/// Floats in a [`Vector`].
pub const LANES: usize = crate::kernel::layout::LANES;
