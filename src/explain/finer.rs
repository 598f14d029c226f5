//! Finer-CAM (Zhang et al. 2025, arXiv 2501.11309): Grad-CAM of the difference between a class and those most like it,
//! which leaves out what they have in common.

use super::Prediction;
use crate::engine::class_seed;

/// How much of the similar classes is taken away: the paper's choice.
pub const GAMMA: f32 = 0.6;

/// How many similar classes there are: as in the authors' pytorch-grad-cam implementation.
pub const REFERENCES: usize = 3;

/// The classes whose logits are closest to the target's, closest first: above it or below.
pub fn references(ranking: &[Prediction], target: &Prediction) -> Vec<Prediction> {
    let distance = |other: &Prediction| (f64::from(other.logit) - f64::from(target.logit)).abs();
    let mut others: Vec<Prediction> =
        ranking.iter().filter(|other| other.index != target.index).cloned().collect();
    others.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    others.truncate(REFERENCES);
    others
}

/// `e_c − γ Σ_d w_d e_d` over so many classes, where `w_d` are the probabilities of the `references`, scaled to sum to 1.
/// They count as constants: they are not differentiated.
pub fn seed(classes: usize, target: usize, references: &[Prediction], gamma: f32) -> Vec<f32> {
    let mut seed = class_seed(classes, target);
    // Weighted by their logits' exponentials, which do not all vanish where the probabilities do.
    let largest = references.iter().map(|reference| f64::from(reference.logit)).fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> =
        references.iter().map(|reference| (f64::from(reference.logit) - largest).exp()).collect();
    let total: f64 = weights.iter().sum();
    for (reference, weight) in references.iter().zip(weights) {
        seed[reference.index] -= (f64::from(gamma) * weight / total) as f32;
    }
    seed
}
