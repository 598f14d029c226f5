//! Which engine runs: what was asked for, what there is, and what proves itself; and the CPU from the moment that a GPU fails.

mod fallback;
mod selector;
pub mod self_test;
mod timing;

pub use fallback::FallbackEngine;
pub use selector::{Choice, ChosenEngine, EnginePreference, EngineSelector};
pub use timing::{KeyedTiming, Timing};
