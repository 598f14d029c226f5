//! What kernels are written with: shapes and windows, the layout of maps in memory, vectors and threads on the CPU,
//! templates and dispatches on the GPU. Knows no operation and no network; [`operations`](crate::operations) are built
//! on it.

pub mod activation;
pub mod cpu;
pub mod gpu;
pub mod layout;
mod shape;
mod window;

pub use activation::{Activation, ReluRule};
pub use shape::{Dimensions, MapShape, Shape};
pub use window::{Rounding, Window, WindowAxis};
