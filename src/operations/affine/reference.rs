//! The definition.

use super::Affine;
use crate::kernel::MapShape;
use crate::operations::{Reference, Values};

impl Reference for Affine {
    fn forward(&self, inputs: &[Values], output: MapShape) -> Vec<f64> {
        let channels = inputs[0].values.chunks_exact(output.area());
        let parameters = self.scale.iter().zip(self.shift.iter());
        channels.zip(parameters).flat_map(|(values, (a, b))| values.iter().map(move |x| a * x + b)).collect()
    }

    fn input_gradient(&self, _: usize, _: &[Values], output: Values, gradient: &[f64]) -> Vec<f64> {
        let channels = gradient.chunks_exact(output.shape.area());
        channels.zip(self.scale.iter()).flat_map(|(values, a)| values.iter().map(move |g| a * g)).collect()
    }
}
