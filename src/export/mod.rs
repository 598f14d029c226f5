//! Files that other programs read.

mod npy;
mod zip;

pub use npy::npy;
pub use zip::{ExportError, zip};
