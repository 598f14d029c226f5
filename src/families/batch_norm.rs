//! BatchNorm in inference, folded into the convolution before it.

use crate::weights::{Weights, WeightsError};

/// The ε that PyTorch adds to the variance by default.
const EPSILON: f64 = 1e-5;

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
}

impl BatchNorm {
    /// What its tensors are called, after its own name.
    pub const TENSORS: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

    /// Reads the four [tensors](Self::TENSORS) whose names begin with `{prefix}.`.
    pub fn from_weights(
        weights: &Weights,
        architecture: &str,
        prefix: &str,
        channels: usize,
    ) -> Result<Self, WeightsError> {
        let read = |name: &str| weights.tensor(architecture, &format!("{prefix}.{name}"), &[channels]);
        let [weight, bias, running_mean, running_var] = Self::TENSORS.map(read);
        Ok(Self { weight: weight?, bias: bias?, running_mean: running_mean?, running_var: running_var? })
    }

    /// Folds this BatchNorm into a convolution without bias: scales its `weight` (`[out, in, k, k]`, in place) and
    /// returns the bias.
    ///
    /// `γ (w·x − μ) / √(σ² + ε) + β = (γ/√(σ² + ε)) w·x + (β − μ γ/√(σ² + ε))`, computed in `f64` and rounded once.
    pub fn fold(&self, weight: &mut [f32]) -> Vec<f32> {
        let channels = self.weight.len();
        let filter_length = weight.len() / channels;
        let filters = weight.chunks_exact_mut(filter_length);
        let mut folded_bias = Vec::with_capacity(channels);
        for (channel, filter) in filters.enumerate() {
            let deviation = (f64::from(self.running_var[channel]) + EPSILON).sqrt();
            let scale = f64::from(self.weight[channel]) / deviation;
            for value in filter {
                *value = (f64::from(*value) * scale) as f32;
            }
            let shift = f64::from(self.bias[channel]) - f64::from(self.running_mean[channel]) * scale;
            folded_bias.push(shift as f32);
        }
        folded_bias
    }
}
