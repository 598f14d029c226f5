//! Whether a map can be trusted: what the network says while the places it shows vanish or appear, and what becomes of it
//! when the weights are scrambled.

mod average_drop;
mod blur;
mod correlation;
mod curve;
mod mask;
mod randomisation;
mod ranking;

pub use average_drop::average_drop;
pub use correlation::rank_correlation;
pub use curve::{Curve, CurveKind, CurvePoint, area, curves};
pub use mask::{control_mask, top_mask};
pub use randomisation::{RandomisationStep, randomise};
pub use ranking::Ranking;
