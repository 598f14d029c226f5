//! From a layer's activation and the gradient there.

use super::Map;
use crate::engine::FeatureMaps;

/// How activation and gradient become a map, in the unit of the logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `Σ_k mean(g_k) A_k` (Selvaraju et al. 2017).
    GradCam,
    /// `Σ_k g_k A_k`, element by element (Draelos and Carin 2020).
    HiResCam,
    /// `Σ_k relu(g_k) A_k`, element by element (Jiang et al. 2021).
    LayerCam,
    /// `Σ_k (Σ g_k A_k / Σ A_k) A_k` (Fu et al. 2020).
    XGradCam,
    /// `Σ_k (Σ α_k relu(g_k)) A_k` with `α = g² / (2 g² + ΣA · g³)` (Chattopadhay et al. 2018).
    GradCamPlusPlus,
}

impl Method {
    /// All methods, the default first.
    pub const ALL: [Self; 5] =
        [Self::GradCam, Self::HiResCam, Self::LayerCam, Self::XGradCam, Self::GradCamPlusPlus];

    /// The name users and programs call it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GradCam => "grad-cam",
            Self::HiResCam => "hires-cam",
            Self::LayerCam => "layer-cam",
            Self::XGradCam => "xgrad-cam",
            Self::GradCamPlusPlus => "grad-cam++",
        }
    }
}

/// The map of `method`, from a layer's activation and the gradient there, which have the same shape.
pub fn map(method: Method, activation: &FeatureMaps, gradient: &FeatureMaps) -> Map {
    assert_eq!(activation.shape, gradient.shape, "activation and gradient of one layer");
    let weights = |weight: fn(&[f32], &[f32]) -> f64| {
        activation
            .channels()
            .zip(gradient.channels())
            .map(move |(activation, gradient)| weight(activation, gradient))
    };
    match method {
        Method::GradCam => weighted(activation, weights(|_, gradient| mean(gradient))),
        Method::XGradCam => weighted(activation, weights(normalised_relevance)),
        Method::GradCamPlusPlus => weighted(activation, weights(plus_plus_weight)),
        Method::HiResCam => element_wise(activation, gradient, |gradient| gradient),
        Method::LayerCam => element_wise(activation, gradient, |gradient| gradient.max(0.0)),
    }
}

/// `Σ_k w_k A_k`: one weight for each feature map.
pub fn weighted(activation: &FeatureMaps, weights: impl IntoIterator<Item = f64>) -> Map {
    // Hundreds of terms of both signs: summed in f64, here and below, so that the order does not show.
    let mut sums = vec![0.0; activation.shape.area()];
    for (channel, weight) in activation.channels().zip(weights) {
        for (sum, &value) in sums.iter_mut().zip(channel) {
            *sum += weight * f64::from(value);
        }
    }
    narrowed(activation, &sums)
}

/// `Σ_k factor(g_k) A_k`, element by element.
fn element_wise(activation: &FeatureMaps, gradient: &FeatureMaps, factor: impl Fn(f32) -> f32) -> Map {
    let mut sums = vec![0.0; activation.shape.area()];
    for (activation, gradient) in activation.channels().zip(gradient.channels()) {
        for ((sum, &value), &gradient) in sums.iter_mut().zip(activation).zip(gradient) {
            *sum += f64::from(factor(gradient)) * f64::from(value);
        }
    }
    narrowed(activation, &sums)
}

fn narrowed(activation: &FeatureMaps, sums: &[f64]) -> Map {
    Map {
        width: activation.shape.width,
        height: activation.shape.height,
        values: sums.iter().map(|&sum| sum as f32).collect(),
    }
}

/// Sums that are taken side by side, so that one addition need not wait for the last.
const LANES: usize = 8;

/// `Σ values`.
pub(super) fn sum(values: &[f32]) -> f64 {
    let (blocks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for block in blocks {
        for (lane, &value) in lanes.iter_mut().zip(block) {
            *lane += f64::from(value);
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().copied().map(f64::from).sum::<f64>()
}

pub(super) fn mean(values: &[f32]) -> f64 {
    sum(values) / values.len() as f64
}

/// `Σ a b`.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    let ((a_blocks, a_rest), (b_blocks, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for ((lane, &a), &b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += f64::from(a) * f64::from(b);
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(&a, &b)| f64::from(a) * f64::from(b));
    lanes.iter().sum::<f64>() + rest.sum::<f64>()
}

/// XGrad-CAM's weight: `Σ g A / Σ A`, 0 for a feature map that is zero everywhere.
fn normalised_relevance(activation: &[f32], gradient: &[f32]) -> f64 {
    let total = sum(activation);
    if total == 0.0 { 0.0 } else { dot(activation, gradient) / total }
}

/// Grad-CAM++'s weight: `Σ α relu(g)`. With `g²` cancelled, `α = 1 / (2 + ΣA · g)`, where no ε is needed; it counts
/// only where `g > 0`.
fn plus_plus_weight(activation: &[f32], gradient: &[f32]) -> f64 {
    let total = sum(activation);
    gradient
        .iter()
        .map(|&gradient| f64::from(gradient))
        .filter(|&gradient| gradient > 0.0)
        .map(|gradient| (gradient, 2.0 + total * gradient))
        // Only a layer with negative activations could come to 0 here; the paper leaves that case undefined.
        .filter(|&(_, denominator)| denominator != 0.0)
        .map(|(gradient, denominator)| gradient / denominator)
        .sum()
}
