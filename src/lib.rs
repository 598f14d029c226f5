//! Grad-CAM for convolutional networks, natively and in the browser.
//!
//! The way through the house, one direction and no way back:
//!
//! ```text
//! photo ──────────────────► engine ──► cam ──► explain ──► render ──► web ──► www
//!                              ▲
//! weights ──► families ──► network ──► operations ──► kernel
//! ```
//!
//! * [`photo`]: bytes → upright RGB → network input, and the geometry back to the photo.
//! * [`weights`]: a model file's bytes → named tensors, and what the file says beside them.
//! * [`families`]: named tensors of a known architecture → a network.
//! * [`network`]: a network as data: a graph of operations with static shapes.
//! * [`operations`]: a folder for each operation, with its definition, its kernels and its reference.
//! * [`kernel`]: what kernels are written with.
//! * [`engine`]: the contract of what executes a network: one forward, any gradient.
//! * [`cpu`]: the engine on candle's tensors.
//! * [`gpu`]: the engine on wgpu, one static plan of WGSL kernels.
//! * [`choice`]: which engine runs.
//! * [`cam`]: activation and gradient → map. Pure functions.
//! * [`explain`]: asks an engine, applies `cam`, checks identities; the table of methods.
//! * [`model`]: a network in a file, how photos become its input, and what its logits stand for.
//! * [`GradCam`]: all of it for one network, a photo at a time.
//! * [`faithfulness`]: whether a map can be trusted: deletion and insertion, scrambled weights.
//! * [`export`]: files that other programs read.
//! * [`render`]: a map → pixels.
//! * `web`: the surface JavaScript sees; compiled for wasm32 only.

#![deny(missing_docs)]

mod blur;
pub mod cam;
pub mod choice;
pub mod cpu;
pub mod engine;
pub mod explain;
pub mod export;
pub mod faithfulness;
pub mod families;
pub mod gpu;
mod grad_cam;
pub mod kernel;
pub mod model;
pub mod network;
pub mod operations;
pub mod photo;
mod random;
pub mod render;
mod stopwatch;
mod text;
#[cfg(target_arch = "wasm32")]
pub mod web;
pub mod weights;

pub use grad_cam::{Faithfulness, GradCam, GradCamError};
