//! Grad-CAM for convolutional networks, natively and in the browser.
//!
//! The way through the house, one direction and no way back:
//!
//! ```text
//! photo ──► engine ──► cam ──► explain ──► render ──► web ──► www
//!           ▲   ▲
//!     network   weights
//! ```
//!
//! * [`photo`]: bytes → upright RGB → network input, and the geometry back to the photo.
//! * [`weights`]: a model file's bytes → named tensors, and what the file says beside them.
//! * [`network`]: a convolutional network as data, BatchNorm folded.
//! * [`engine`]: the contract of what executes a network: one forward, any gradient.
//! * [`cpu`]: the engine on candle's tensors and autograd.
//! * [`gpu`]: the engine on wgpu, one static plan of WGSL kernels.
//! * [`cam`]: activation and gradient → map. Pure functions.
//! * [`model`]: a network in a file, how photos become its input, and what its logits stand for.
//! * [`explain`]: asks an engine, applies `cam`, checks identities; the table of methods.
//! * [`GradCam`]: all of it for one network, a photo at a time.
//! * [`faithfulness`]: whether a map can be trusted: deletion and insertion, scrambled weights.
//! * [`export`]: files that other programs read.
//! * [`render`]: a map → pixels.
//! * `web`: the surface JavaScript sees; compiled for wasm32 only.

#![deny(missing_docs)]

mod blur;
pub mod cam;
pub mod cpu;
pub mod engine;
pub mod explain;
pub mod export;
pub mod faithfulness;
pub mod gpu;
mod grad_cam;
pub mod model;
pub mod network;
pub mod photo;
mod random;
pub mod render;
mod stopwatch;
#[cfg(target_arch = "wasm32")]
pub mod web;
pub mod weights;

pub use grad_cam::{Faithfulness, GradCam, GradCamError};
