//! The definition.

use super::Add;
use crate::kernel::MapShape;
use crate::operations::{Reference, Values};

impl Reference for Add {
    fn forward(&self, inputs: &[Values], _: MapShape) -> Vec<f64> {
        inputs[0].values.iter().zip(inputs[1].values).map(|(a, b)| a + b).collect()
    }

    fn input_gradient(&self, _: usize, _: &[Values], _: Values, gradient: &[f64]) -> Vec<f64> {
        gradient.to_vec()
    }
}
