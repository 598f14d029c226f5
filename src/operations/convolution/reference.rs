//! The definition itself: seven loops.

use super::Convolution;
use crate::kernel::MapShape;
use crate::operations::{Reference, Values};
use std::ops::Range;

impl Reference for Convolution {
    fn forward(&self, inputs: &[Values], output: MapShape) -> Vec<f64> {
        let mut sums: Vec<f64> =
            self.bias.iter().flat_map(|&bias| std::iter::repeat_n(f64::from(bias), output.area())).collect();
        self.for_each_row(inputs[0].shape, output, |out, weight, source, stride| {
            let weight = f64::from(self.weight[weight]);
            for (sum, input) in sums[out].iter_mut().zip(inputs[0].values[source..].iter().step_by(stride)) {
                *sum += weight * input;
            }
        });
        sums
    }

    fn input_gradient(&self, _: usize, inputs: &[Values], output: Values, gradient: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; inputs[0].shape.len()];
        self.for_each_row(inputs[0].shape, output.shape, |out, weight, source, stride| {
            let weight = f64::from(self.weight[weight]);
            let sums = sums[source..].iter_mut();
            let add = |(sum, output): (&mut f64, &f64)| *sum += weight * output;
            match stride {
                // The same, but for compilers: without steps they do several at once.
                1 => sums.zip(&gradient[out]).for_each(add),
                _ => sums.step_by(stride).zip(&gradient[out]).for_each(add),
            }
        });
        sums
    }
}

impl Convolution {
    /// Visits every product, `output[o] += weight[w] · input[i]`, a row at a time: as `(o, w, i, stride)`, where `o` is a
    /// range, and `i` the first of as many positions, `stride` apart.
    fn for_each_row(
        &self,
        input: MapShape,
        output: MapShape,
        mut visit: impl FnMut(Range<usize>, usize, usize, usize),
    ) {
        let (down, across) = (self.window.down(), self.window.across());
        let inputs_of_group = input.channels / self.groups;
        let outputs_of_group = output.channels / self.groups;
        for out in 0..output.channels {
            for channel in 0..inputs_of_group {
                let source_channel = out / outputs_of_group * inputs_of_group + channel;
                for ky in 0..down.kernel {
                    for kx in 0..across.kernel {
                        let weight = self.weight_index(inputs_of_group, out, channel, ky, kx);
                        // The columns whose window has this place within the map are neighbours.
                        let mut columns = (0..output.width).filter(|&x| across.cell(x, kx, input.width).is_some());
                        let Some(first) = columns.next() else { continue };
                        let end = first + 1 + columns.count();
                        let Some(source_x) = across.cell(first, kx, input.width) else { continue };
                        for y in 0..output.height {
                            let Some(source_y) = down.cell(y, ky, input.height) else { continue };
                            let row = (out * output.height + y) * output.width;
                            let source = (source_channel * input.height + source_y) * input.width + source_x;
                            visit(row + first..row + end, weight, source, across.stride);
                        }
                    }
                }
            }
        }
    }
}
