//! The engine on the GPU, by WebGPU in the browser and by Vulkan, Metal or DirectX 12 elsewhere: WGSL of our own, built
//! from the same [`Network`](crate::network::Network) as the CPU's.
//!
//! Everything is made once for a network: [`plan`] says which buffers there are and which kernels run in which order with
//! which parameters; [`GpuEngine`] makes them real on a [`Gpu`]. A forward is one submission, and so is a gradient; only
//! what is asked for is read back.
//!
//! **Layout.** Feature maps lie as the CPU's do (see [`layout`](crate::kernel::layout)): cell by cell, each cell's
//! channels padded with zeros to whole vectors of four.

mod device;
mod engine;
pub mod plan;
mod profile;
mod steps;
mod table;

pub use device::Gpu;
pub use engine::GpuEngine;
pub use profile::DispatchTime;
pub use table::kernels;
