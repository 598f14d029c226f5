//! The definition, value by value.

use super::AveragePool;
use crate::kernel::MapShape;
use crate::operations::{Reference, Values};

impl Reference for AveragePool {
    fn forward(&self, inputs: &[Values], output: MapShape) -> Vec<f64> {
        let mut means = vec![0.0; output.len()];
        self.for_each_cell(inputs[0].shape, output, |target, source, counted| {
            means[target] += inputs[0].values[source] / counted;
        });
        means
    }

    fn input_gradient(&self, _: usize, inputs: &[Values], output: Values, gradient: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; inputs[0].shape.len()];
        self.for_each_cell(inputs[0].shape, output.shape, |target, source, counted| {
            sums[source] += gradient[target] / counted;
        });
        sums
    }
}

impl AveragePool {
    /// Calls `visit` with each pair of a value of the output and a value of the input that its window meets, and how many
    /// values count in that window.
    fn for_each_cell(&self, input: MapShape, output: MapShape, mut visit: impl FnMut(usize, usize, f64)) {
        let (down, across) = (self.window.down(), self.window.across());
        for channel in 0..output.channels {
            for y in 0..output.height {
                for x in 0..output.width {
                    let target = (channel * output.height + y) * output.width + x;
                    let counted = self.counted(down, y, input.height) * self.counted(across, x, input.width);
                    for tap_y in 0..down.kernel {
                        for tap_x in 0..across.kernel {
                            let cell = (down.cell(y, tap_y, input.height), across.cell(x, tap_x, input.width));
                            let (Some(row), Some(column)) = cell else { continue };
                            visit(target, (channel * input.height + row) * input.width + column, counted as f64);
                        }
                    }
                }
            }
        }
    }
}
