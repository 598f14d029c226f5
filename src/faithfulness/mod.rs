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
pub use mask::{elsewhere, hottest};
pub use randomisation::{RandomisationStep, randomise};
pub use ranking::Ranking;

use crate::explain::{Prediction, rank};
use crate::network::Network;

/// The softmax probability of one class.
fn probability(network: &Network, logits: &[f32], class: usize) -> f64 {
    let of = |prediction: &&Prediction| prediction.index == class;
    // A class that there is: whoever asks has its map.
    rank(logits, network.labels()).iter().find(of).map_or(0.0, |prediction| prediction.probability)
}
