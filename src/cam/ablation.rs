//! Ablation-CAM (Ramaswamy and Desai 2020): a feature map counts for as much as the logit loses without it,
//! `w_k = (y_c − y_c without A_k) / y_c`, and the map is `Σ_k w_k A_k`, in the unit of the activations. Nothing is
//! differentiated. Where `y_c` is negative, what supports the class has a negative weight: the paper says no more of it.

use super::gradient::mean;
use crate::engine::FeatureMaps;
use crate::network::Linear;

/// The weight of one feature map, from the logit with it and without it.
pub fn ablation_weight(logit: f32, without: f32) -> f64 {
    (f64::from(logit) - f64::from(without)) / f64::from(logit)
}

/// The weights of all feature maps of a layer that a global average pool and `linear` turn into the logits: there the
/// logit of `class` loses `W[c,k] · mean(A_k)`, and no forward pass is needed.
pub fn linear_ablation_weights(linear: &Linear, activation: &FeatureMaps, class: usize, logit: f32) -> Vec<f64> {
    let row = &linear.weight[class * activation.shape.channels..][..activation.shape.channels];
    activation
        .channels()
        .zip(row)
        .map(|(channel, &weight)| f64::from(weight) * mean(channel) / f64::from(logit))
        .collect()
}
