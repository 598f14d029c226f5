//! The engine on the CPU: candle's tensors, and kernels of our own.
//!
//! Each step's output is a candle tensor. Of these only what the steps' backward, or a question, can need outlives the
//! forward. The gradient takes the way back step by step: it stops where it was asked for, and a later question about
//! the same cotangent goes on from there.

mod candle;
mod engine;
mod schedule;
mod table;

pub use engine::CpuEngine;
