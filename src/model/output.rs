//! What a network's logits mean.

use std::str::FromStr;

/// How logits become probabilities. Methods differentiate logits, whatever these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputSpec {
    /// One class of all: `exp(z_c) / Σ exp(z)`, so that the probabilities sum to 1.
    #[default]
    Softmax,
    /// Each class by itself, whatever the others: `1 / (1 + exp(−z_c))`. Any number of them may hold of one photo.
    Sigmoid,
}

impl OutputSpec {
    /// All of them, the default first.
    pub const ALL: [Self; 2] = [Self::Softmax, Self::Sigmoid];

    /// The name programs and model files know it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Softmax => "softmax",
            Self::Sigmoid => "sigmoid",
        }
    }

    /// The probability of one class, from 0 to 1.
    ///
    /// # Panics
    /// Where `class` is none of the logits.
    pub fn probability(self, logits: &[f32], class: usize) -> f64 {
        match self {
            Self::Softmax => Softmax::new(logits).of(logits[class]),
            Self::Sigmoid => sigmoid(logits[class]),
        }
    }

    /// The probabilities of all classes, in their order.
    pub fn probabilities(self, logits: &[f32]) -> Vec<f64> {
        match self {
            Self::Softmax => {
                let softmax = Softmax::new(logits);
                logits.iter().map(|&logit| softmax.of(logit)).collect()
            }
            Self::Sigmoid => logits.iter().copied().map(sigmoid).collect(),
        }
    }
}

/// What all classes share: relative to the largest logit, so that no exponential overflows.
struct Softmax {
    largest: f64,
    total: f64,
}

impl Softmax {
    fn new(logits: &[f32]) -> Self {
        let largest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        Self { largest, total: logits.iter().map(|&logit| (f64::from(logit) - largest).exp()).sum() }
    }

    fn of(&self, logit: f32) -> f64 {
        (f64::from(logit) - self.largest).exp() / self.total
    }
}

/// An exponential that overflows leaves 0, as it should.
fn sigmoid(logit: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(logit)).exp())
}

/// No output has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("There is no output “{0}”: it is softmax, one class of all, or sigmoid, each class by itself.")]
pub struct UnknownOutput(pub String);

impl FromStr for OutputSpec {
    type Err = UnknownOutput;

    fn from_str(name: &str) -> Result<Self, UnknownOutput> {
        let shortened = || UnknownOutput(name.chars().take(40).collect());
        Self::ALL.into_iter().find(|output| output.name() == name).ok_or_else(shortened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn softmax_by_hand() {
        // exp(−1), exp(0), exp(−2) over their sum.
        let expected = [0.244_728_471, 0.665_240_956, 0.090_030_573];
        assert_close(&OutputSpec::Softmax.probabilities(&[1000.0, 1001.0, 999.0]), &expected);
    }

    #[test]
    fn sigmoids_by_hand() {
        let logits = [0.0, 1.0, -1000.0, 1000.0];
        assert_close(&OutputSpec::Sigmoid.probabilities(&logits), &[0.5, 0.731_058_579, 0.0, 1.0]);
    }

    #[test]
    fn one_probability_is_that_among_all() {
        let logits = [0.3, -2.0, 5.5, 5.25];
        for output in OutputSpec::ALL {
            let one: Vec<f64> = (0..logits.len()).map(|class| output.probability(&logits, class)).collect();
            assert_eq!(one, output.probabilities(&logits), "{output:?}");
        }
    }

    #[test]
    fn outputs_are_found_by_name() {
        for output in OutputSpec::ALL {
            assert_eq!(output.name().parse(), Ok(output));
        }
        let error = "tanh".parse::<OutputSpec>().expect_err("another").to_string();
        assert!(error.contains("“tanh”") && error.contains("softmax") && error.contains("sigmoid"), "{error}");
    }
}
