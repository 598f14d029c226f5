//! BatchNorm in inference: a scale and a shift for each channel.

use crate::network::Affine;
use crate::weights::{Weights, WeightsError};
use std::sync::Arc;

/// Scale, shift and running statistics of one BatchNorm, `[channels]` each.
#[derive(Debug, Clone)]
pub struct BatchNorm {
    /// γ.
    pub weight: Vec<f32>,
    /// β.
    pub bias: Vec<f32>,
    /// Mean over the training set.
    pub running_mean: Vec<f32>,
    /// Variance over the training set.
    pub running_var: Vec<f32>,
    /// The ε that is added to the variance: PyTorch's default is 1e-5.
    pub epsilon: f64,
}

impl BatchNorm {
    /// What its tensors are called, after its own name.
    pub const TENSORS: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

    /// Reads the four [tensors](Self::TENSORS) whose names begin with `{prefix}.`.
    ///
    /// # Errors
    /// [`WeightsError`] says which of them is missing or not as it should be.
    pub fn from_weights(
        weights: &Weights,
        architecture: &str,
        prefix: &str,
        channels: usize,
        epsilon: f64,
    ) -> Result<Self, WeightsError> {
        let read = |name: &str| weights.tensor(architecture, &format!("{prefix}.{name}"), &[channels]);
        let [weight, bias, running_mean, running_var] = Self::TENSORS.map(read);
        Ok(Self { weight: weight?, bias: bias?, running_mean: running_mean?, running_var: running_var?, epsilon })
    }

    /// `γ (x − μ) / √(σ² + ε) + β = (γ/√(σ² + ε)) x + (β − μ γ/√(σ² + ε))`, in `f64`.
    pub fn affine(&self) -> Affine {
        let scale = |channel: usize| {
            let deviation = (f64::from(self.running_var[channel]) + self.epsilon).sqrt();
            f64::from(self.weight[channel]) / deviation
        };
        let scales: Vec<f64> = (0..self.weight.len()).map(scale).collect();
        let shifts = scales
            .iter()
            .enumerate()
            .map(|(channel, scale)| f64::from(self.bias[channel]) - f64::from(self.running_mean[channel]) * scale);
        Affine { shift: Arc::new(shifts.collect()), scale: Arc::new(scales) }
    }
}
