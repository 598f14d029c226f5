//! Finer-CAM (Zhang et al. 2025, arXiv 2501.11309): Grad-CAM of the difference between a class and those most like it,
//! which leaves out what they have in common.

use crate::engine::class_cotangent;

/// How much of the similar classes is taken away: the paper's choice.
pub const GAMMA: f32 = 0.6;

/// How many similar classes there are: as in the authors' pytorch-grad-cam implementation.
pub const REFERENCES: usize = 3;

/// The classes whose logits are closest to the target's, closest first: above it or below. Of two that are as close, the
/// one with the larger logit comes first.
pub fn references(logits: &[f32], target: usize) -> Vec<usize> {
    let distance = |class: usize| (f64::from(logits[class]) - f64::from(logits[target])).abs();
    let mut others: Vec<usize> = (0..logits.len()).filter(|&class| class != target).collect();
    others.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)).then(logits[b].total_cmp(&logits[a])));
    others.truncate(REFERENCES);
    others
}

/// `e_c − γ Σ_d w_d e_d` for the class `target`, where `w_d` are the softmax of the logits of the `references`, among
/// themselves. They count as constants: they are not differentiated.
pub fn cotangent(logits: &[f32], target: usize, references: &[usize], gamma: f32) -> Vec<f32> {
    let mut cotangent = class_cotangent(logits.len(), target);
    // Relative to the largest of these alone, so that not all of the exponentials vanish.
    let largest = references.iter().map(|&class| f64::from(logits[class])).fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = references.iter().map(|&class| (f64::from(logits[class]) - largest).exp()).collect();
    let total: f64 = weights.iter().sum();
    for (&class, weight) in references.iter().zip(weights) {
        cotangent[class] -= (f64::from(gamma) * weight / total) as f32;
    }
    cotangent
}
