//! What several tests share: PyTorch's answers, a plain backward pass, and the comparison of an engine with both.
//!
//! Compiled into the native tests and into the module that runs the same comparison inside a browser.
#![allow(dead_code, reason = "each test uses a part of it")]

pub mod backward;
pub mod checkpoint;
#[cfg(not(target_arch = "wasm32"))]
pub mod contract;
#[cfg(not(target_arch = "wasm32"))]
pub mod files;
pub mod outputs;
pub mod parity;
pub mod random;
pub mod reference;
pub mod reference_engine;
pub mod resnet;
#[cfg(not(target_arch = "wasm32"))]
pub mod toy;
pub mod untrained;
