//! The arithmetic beneath the CPU engine's operations: plain slices in, vectors out.
//!
//! Layout everywhere: channel by channel, row by row. Each file ends with a reference that follows the definition
//! letter by letter; tests hold the fast form against it.

pub mod convolution;
pub mod max_pool;
