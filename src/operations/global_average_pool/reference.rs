//! The definition.

use super::GlobalAveragePool;
use crate::kernel::MapShape;
use crate::operations::{Reference, Values};

impl Reference for GlobalAveragePool {
    fn forward(&self, inputs: &[Values], _: MapShape) -> Vec<f64> {
        let area = inputs[0].shape.area();
        inputs[0].values.chunks_exact(area).map(|channel| channel.iter().sum::<f64>() / area as f64).collect()
    }

    fn input_gradient(&self, _: usize, inputs: &[Values], _: Values, gradient: &[f64]) -> Vec<f64> {
        let area = inputs[0].shape.area();
        gradient.iter().flat_map(|value| std::iter::repeat_n(value / area as f64, area)).collect()
    }
}
