//! Class activation maps: pure functions of a layer's activation and of the gradient there.
//!
//! `A` and `g` are a layer's output and the gradient of a logit (or of any combination of logits) with respect to it,
//! `K` feature maps of `H × W` cells. Every map is returned raw: signed, before ReLU and normalisation, in the unit of
//! the logits.

use crate::engine::FeatureMaps;
use crate::network::Linear;
use std::str::FromStr;

/// How activation and gradient become a map.
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

/// No method has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("There is no method “{0}”. The methods are grad-cam, hires-cam, layer-cam, xgrad-cam and grad-cam++.")]
pub struct UnknownMethod(pub String);

impl FromStr for Method {
    type Err = UnknownMethod;

    fn from_str(name: &str) -> Result<Self, UnknownMethod> {
        Self::ALL.into_iter().find(|method| method.name() == name).ok_or_else(|| UnknownMethod(name.to_string()))
    }
}

/// A map over a layer's cells, raw: signed, before ReLU and normalisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Row by row.
    pub values: Vec<f32>,
}

/// A cell of a map, and its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// From the top, from 0.
    pub row: usize,
    /// From the left, from 0.
    pub column: usize,
    /// The raw value there.
    pub value: f32,
}

impl Map {
    /// The smallest value.
    pub fn minimum(&self) -> f32 {
        self.values.iter().copied().fold(f32::INFINITY, f32::min)
    }

    /// The largest value.
    pub fn maximum(&self) -> f32 {
        self.values.iter().copied().fold(f32::NEG_INFINITY, f32::max)
    }

    /// The first cell, row by row, that has the largest value.
    pub fn peak(&self) -> Cell {
        let mut peak = 0;
        for (index, &value) in self.values.iter().enumerate() {
            if value > self.values[peak] {
                peak = index;
            }
        }
        Cell { row: peak / self.width, column: peak % self.width, value: self.values[peak] }
    }

    /// Whether nothing is left of the map after ReLU.
    pub fn is_blank(&self) -> bool {
        self.maximum() <= 0.0
    }

    /// The sum of all values.
    pub fn sum(&self) -> f64 {
        self.values.iter().copied().map(f64::from).sum()
    }
}

/// The map of `method`, from a layer's activation and the gradient there, which have the same shape.
pub fn map(method: Method, activation: &FeatureMaps, gradient: &FeatureMaps) -> Map {
    assert_eq!(activation.shape, gradient.shape, "activation and gradient of one layer");
    match method {
        Method::GradCam => weighted(activation, gradient, |_, gradient| mean(gradient)),
        Method::XGradCam => weighted(activation, gradient, normalised_relevance),
        Method::GradCamPlusPlus => weighted(activation, gradient, plus_plus_weight),
        Method::HiResCam => element_wise(activation, gradient, |gradient| gradient),
        Method::LayerCam => element_wise(activation, gradient, |gradient| gradient.max(0.0)),
    }
}

/// The Grad-CAM map of every class at a layer that a global average pool and `linear` turn into the logits.
///
/// There the gradient of logit `c` is `W[c,k] / (H·W)` in every cell, so that no backward pass is needed: all maps are
/// one product, `W · A / (H·W)`. [`Method::HiResCam`] and [`Method::XGradCam`] have the same maps.
pub fn class_maps(linear: &Linear, activation: &FeatureMaps) -> Vec<Map> {
    let shape = activation.shape;
    assert_eq!(
        linear.weight.len(),
        linear.bias.len() * shape.channels,
        "one weight for each class and feature map"
    );
    let scale = 1.0 / shape.area() as f32;
    linear
        .weight
        .chunks_exact(shape.channels)
        .map(|weights| {
            let mut values = vec![0.0; shape.area()];
            for (&weight, channel) in weights.iter().zip(activation.channels()) {
                let weight = weight * scale;
                for (sum, &value) in values.iter_mut().zip(channel) {
                    *sum += weight * value;
                }
            }
            Map { width: shape.width, height: shape.height, values }
        })
        .collect()
}

/// `Σ_k weight(A_k, g_k) A_k`.
fn weighted(activation: &FeatureMaps, gradient: &FeatureMaps, weight: impl Fn(&[f32], &[f32]) -> f64) -> Map {
    combine(activation, gradient, |sums, activation, gradient| {
        let weight = weight(activation, gradient);
        for (sum, &value) in sums.iter_mut().zip(activation) {
            *sum += weight * f64::from(value);
        }
    })
}

/// `Σ_k factor(g_k) A_k`, element by element.
fn element_wise(activation: &FeatureMaps, gradient: &FeatureMaps, factor: impl Fn(f32) -> f32) -> Map {
    combine(activation, gradient, |sums, activation, gradient| {
        for ((sum, &value), &gradient) in sums.iter_mut().zip(activation).zip(gradient) {
            *sum += f64::from(factor(gradient)) * f64::from(value);
        }
    })
}

/// Lets `add` add each feature map's share to the sums of all cells.
fn combine(
    activation: &FeatureMaps,
    gradient: &FeatureMaps,
    mut add: impl FnMut(&mut [f64], &[f32], &[f32]),
) -> Map {
    // Hundreds of terms of both signs: summed in f64 so that the order does not show.
    let mut sums = vec![0.0; activation.shape.area()];
    for (activation, gradient) in activation.channels().zip(gradient.channels()) {
        add(&mut sums, activation, gradient);
    }
    Map {
        width: activation.shape.width,
        height: activation.shape.height,
        values: sums.into_iter().map(|sum| sum as f32).collect(),
    }
}

fn sum(values: &[f32]) -> f64 {
    values.iter().copied().map(f64::from).sum()
}

fn mean(values: &[f32]) -> f64 {
    sum(values) / values.len() as f64
}

/// XGrad-CAM's weight: `Σ g A / Σ A`, 0 for a feature map that is zero everywhere.
fn normalised_relevance(activation: &[f32], gradient: &[f32]) -> f64 {
    let total = sum(activation);
    if total == 0.0 {
        return 0.0;
    }
    let relevance: f64 = activation
        .iter()
        .zip(gradient)
        .map(|(&activation, &gradient)| f64::from(activation) * f64::from(gradient))
        .sum();
    relevance / total
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
