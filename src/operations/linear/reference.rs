//! The definition.

use super::Linear;
use crate::kernel::MapShape;
use crate::operations::{Reference, Values};

impl Reference for Linear {
    fn forward(&self, inputs: &[Values], _: MapShape) -> Vec<f64> {
        let rows = self.weight.chunks_exact(inputs[0].values.len());
        rows.zip(self.bias.iter())
            .map(|(row, &bias)| {
                let products = row.iter().zip(inputs[0].values);
                f64::from(bias) + products.map(|(&weight, &value)| f64::from(weight) * value).sum::<f64>()
            })
            .collect()
    }

    fn input_gradient(&self, _: usize, inputs: &[Values], _: Values, gradient: &[f64]) -> Vec<f64> {
        let features = inputs[0].shape.len();
        let mut sums = vec![0.0; features];
        for (row, value) in self.weight.chunks_exact(features).zip(gradient) {
            for (sum, &weight) in sums.iter_mut().zip(row) {
                *sum += f64::from(weight) * value;
            }
        }
        sums
    }
}
