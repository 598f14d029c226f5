//! The mean over windows.

mod cpu;
pub mod gpu;
mod reference;

use super::{BackwardReads, Definition, Facts, Misfit, max_pool, single};
use crate::kernel::{Rounding, Shape, Window, WindowAxis};

/// The mean over windows that may overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AveragePool {
    /// Its windows, without dilation.
    pub window: Window,
    /// What becomes of cells that no whole stride reaches.
    pub rounding: Rounding,
    /// Whether the zeros of the padding count: PyTorch's `count_include_pad`. What a window reaches beyond the padding,
    /// where the number of windows is rounded up, never does.
    pub count_padding: bool,
}

impl AveragePool {
    /// How many cells of window `position` count along one side of `length` cells.
    fn counted(&self, axis: WindowAxis, position: usize, length: usize) -> usize {
        if self.count_padding {
            let start = position * axis.stride;
            (start + axis.kernel).min(axis.before + length + axis.after) - start
        } else {
            max_pool::met(axis, position, length).len()
        }
    }
}

impl Definition for AveragePool {
    fn facts(&self) -> Facts {
        Facts {
            name: "average pool",
            parameters: 0,
            backward_reads: BackwardReads::Nothing,
            has_epilogue: true,
            is_finish: false,
        }
    }

    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        max_pool::pooled_shape(self.window, self.rounding, single(inputs)?)
    }

    fn geometry(&self) -> Vec<usize> {
        self.window.numbers().chain([self.rounding as usize, usize::from(self.count_padding)]).collect()
    }

    fn shares_parameters(&self, _: &Self) -> bool {
        true
    }

    fn with_parameters(&self, _: &mut dyn FnMut(&[f32]) -> Vec<f32>) -> Self {
        *self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::cpu::{Backward, CpuKernel, Epilogue, Scratch};
    use crate::kernel::{Activation, MapShape, ReluRule, layout};
    use crate::operations::{Reference, Values};

    fn pool(kernel: usize, stride: usize, padding: usize, rounding: Rounding, count_padding: bool) -> AveragePool {
        AveragePool { window: Window::square(kernel, stride, padding), rounding, count_padding }
    }

    fn forward(pool: AveragePool, shape: MapShape, values: &[f64]) -> Vec<f64> {
        let output = pool.output_shape(&[Shape::Map(shape)]).expect("a pool that fits").as_map();
        pool.forward(&[Values { shape, values }], output)
    }

    /// What torch.nn.AvgPool2d of PyTorch 2 makes of 0, 1, … 24, five to a row.
    #[test]
    fn the_definition_is_that_of_pytorch() {
        let shape = MapShape::new(1, 5, 5);
        let values: Vec<f64> = (0..25).map(f64::from).collect();
        let of = |kernel, stride, padding, rounding, count| {
            forward(pool(kernel, stride, padding, rounding, count), shape, &values)
        };
        assert_eq!(of(2, 2, 0, Rounding::Floor, true), [3.0, 5.0, 13.0, 15.0]);
        assert_eq!(of(2, 2, 0, Rounding::Ceil, true), [3.0, 5.0, 6.5, 13.0, 15.0, 16.5, 20.5, 22.5, 24.0]);
        // AvgPool2d(3, 2, 1): the corners have four cells inside, of nine or of four.
        let counted = of(3, 2, 1, Rounding::Floor, true);
        assert!((counted[0] - 12.0 / 9.0).abs() < 1e-12 && (counted[4] - 12.0).abs() < 1e-12, "{counted:?}");
        assert_eq!(of(3, 2, 1, Rounding::Floor, false)[0], 3.0);
        let assert_near = |found: &[f64], expected: &[f64]| {
            let near = |(found, expected): (&f64, &f64)| (found - expected).abs() < 1e-12;
            assert!(found.len() == expected.len() && found.iter().zip(expected).all(near), "{found:?}");
        };
        // AvgPool2d(4, 3, 1): the last window begins at cell 2 and ends with the padding, which counts or does not.
        assert_near(&of(4, 3, 1, Rounding::Floor, true), &[3.375, 4.5, 9.0, 10.125]);
        assert_near(&of(4, 3, 1, Rounding::Floor, false), &[6.0, 8.0, 16.0, 18.0]);
        // AvgPool2d(4, 2, 1, ceil_mode=True): the last window begins at cell 3 and reaches one cell beyond the padding. That
        // cell never counts: in the corner nine do, of sixteen, or the four within.
        let padded = [3.375, 5.625, 4.25, 10.125, 15.0, 32.0 / 3.0, 9.25, 40.0 / 3.0, 28.0 / 3.0];
        assert_near(&of(4, 2, 1, Rounding::Ceil, true), &padded);
        assert_near(&of(4, 2, 1, Rounding::Ceil, false), &[6.0, 7.5, 8.5, 13.5, 15.0, 16.0, 18.5, 20.0, 21.0]);
    }

    #[test]
    fn kernels_agree_with_the_definition() {
        let shape = MapShape::new(6, 9, 11);
        let values: Vec<f32> = (0..shape.len()).map(|index| (index as f32 * 0.37).sin()).collect();
        let wide: Vec<f64> = values.iter().copied().map(f64::from).collect();
        let rectangle = Window { kernel: [3, 2], stride: [2, 3], dilation: [1, 1], padding: [1, 0, 2, 1] };
        for (rounding, count_padding) in
            [(Rounding::Floor, true), (Rounding::Floor, false), (Rounding::Ceil, true), (Rounding::Ceil, false)]
        {
            for of in [
                pool(3, 2, 1, rounding, count_padding),
                pool(2, 1, 0, rounding, count_padding),
                // Rounded up, its last windows reach beyond the padding.
                pool(4, 2, 1, rounding, count_padding),
                AveragePool { window: rectangle, rounding, count_padding },
            ] {
                let output = of.output_shape(&[Shape::Map(shape)]).expect("a pool that fits").as_map();
                let inputs = [Values { shape, values: &wide }];
                let expected: Vec<f64> = of.forward(&inputs, output).iter().map(|value| value.max(0.0)).collect();
                let prepared = of.prepare(shape, output);
                let cells = layout::to_cells(shape, &values);
                let epilogue = Epilogue { activation: Some(Activation::Relu), ..Epilogue::default() };
                let found = prepared.forward(&[&cells], epilogue, &mut Scratch::default()).expect("a forward");
                assert_close(&layout::to_channels(output, &found), &expected);

                let gradient: Vec<f32> = (0..output.len()).map(|index| (index as f32 * 0.61).cos()).collect();
                let wide_gradient: Vec<f64> = gradient.iter().copied().map(f64::from).collect();
                let unknown = Values { shape: output, values: &[] };
                let mut expected = of.input_gradient(0, &inputs, unknown, &wide_gradient);
                expected.iter_mut().zip(&wide).for_each(|(value, sum)| *value += sum);
                let gradient = layout::to_cells(output, &gradient);
                let backward = Backward {
                    inputs: &[None],
                    output: None,
                    gradient: &gradient,
                    sum: Some(&cells),
                    rule: ReluRule::Gradient,
                };
                let found = prepared.input_gradient(0, backward, &mut Scratch::default()).expect("a gradient");
                assert_close(&layout::to_channels(shape, &found), &expected);
            }
        }
    }

    fn assert_close(found: &[f32], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (&found, expected) in found.iter().zip(expected) {
            assert!((f64::from(found) - expected).abs() < 1e-5, "{found} {expected}");
        }
    }
}
