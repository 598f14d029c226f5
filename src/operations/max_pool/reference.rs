//! The definition, value by value.

use super::{MaxPool, met};
use crate::kernel::MapShape;
use crate::operations::{Reference, Values};

impl Reference for MaxPool {
    fn forward(&self, inputs: &[Values], output: MapShape) -> Vec<f64> {
        let mut maxima = Vec::with_capacity(output.len());
        self.for_each_window(inputs[0], output, |_, maximum| maxima.push(maximum));
        maxima
    }

    fn input_gradient(&self, _: usize, inputs: &[Values], output: Values, gradient: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; inputs[0].shape.len()];
        let mut gradient = gradient.iter();
        self.for_each_window(inputs[0], output.shape, |position, _| {
            if let Some(value) = gradient.next() {
                sums[position] += value;
            }
        });
        sums
    }
}

impl MaxPool {
    /// Calls `visit` with the position in `input` of each window's first maximum, and the maximum, in the output's order.
    fn for_each_window(&self, input: Values, output: MapShape, mut visit: impl FnMut(usize, f64)) {
        let Values { shape, values } = input;
        for channel in 0..shape.channels {
            for y in 0..output.height {
                for x in 0..output.width {
                    let mut maximum = f64::NEG_INFINITY;
                    let mut position = 0;
                    for source_y in met(self.window.down(), y, shape.height) {
                        for source_x in met(self.window.across(), x, shape.width) {
                            let index = (channel * shape.height + source_y) * shape.width + source_x;
                            // NaN wins, as in PyTorch, so that it is seen in the logits.
                            if values[index] > maximum || values[index].is_nan() {
                                maximum = values[index];
                                position = index;
                            }
                        }
                    }
                    visit(position, maximum);
                }
            }
        }
    }
}
