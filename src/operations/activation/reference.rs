//! The definitions.

use super::Activation;
use crate::kernel::MapShape;
use crate::operations::{Reference, Values};

impl Reference for Activation {
    fn forward(&self, inputs: &[Values], _: MapShape) -> Vec<f64> {
        match self {
            Self::Relu => inputs[0].values.iter().map(|value| value.max(0.0)).collect(),
        }
    }

    fn input_gradient(&self, _: usize, _: &[Values], output: Values, gradient: &[f64]) -> Vec<f64> {
        match self {
            Self::Relu => {
                let pairs = gradient.iter().zip(output.values);
                pairs.map(|(&gradient, &output)| if output > 0.0 { gradient } else { 0.0 }).collect()
            }
        }
    }
}
