//! The arithmetic beneath the CPU engine's operations: slices in, vectors out.
//!
//! **Layout.** Feature maps are stored cell by cell, row by row, and within a cell channel by channel (HWC), each cell
//! padded with zeros to whole vectors ([`layout`] converts). So every kernel works on vectors of neighbouring channels,
//! and the values that a cell contributes to a convolution lie side by side.
//!
//! **Who does what.** [`convolution`] prepares a convolution once and then runs it forward and backward by one of two
//! algorithms: `winograd` for 3 × 3 kernels of stride 1, `direct` for all others. Both end in `matrix`, the register
//! tile of all products. Each file that computes something ends with a reference that follows the definition letter by
//! letter; tests hold the fast form against it.

pub mod convolution;
mod direct;
mod matrix;
pub mod max_pool;
pub mod pointwise;
mod scratch;
mod winograd;
mod winograd_tile;

pub use crate::engine::layout;
pub use scratch::Scratch;
