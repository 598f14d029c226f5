//! A scale and a shift for each channel: what a BatchNorm computes in inference.

mod cpu;
pub mod gpu;
mod reference;

use super::{BackwardReads, Definition, Facts, Misfit, single};
use crate::kernel::Shape;
use std::sync::Arc;

/// `scale · x + shift`, channel by channel. Held in `f64`, so that what it is folded into is rounded only once. Parameters are
/// shared, so that a copy costs nothing.
#[derive(Debug, Clone)]
pub struct Affine {
    /// `[channels]`.
    pub scale: Arc<Vec<f64>>,
    /// `[channels]`.
    pub shift: Arc<Vec<f64>>,
}

impl Definition for Affine {
    fn facts(&self) -> Facts {
        Facts {
            name: "scale and shift",
            parameters: self.scale.len() + self.shift.len(),
            backward_reads: BackwardReads::Nothing,
            has_epilogue: true,
            is_finish: true,
        }
    }

    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let input = single(inputs)?;
        let channels = input.as_map().channels;
        if self.scale.len() != channels || self.shift.len() != channels {
            let [scales, shifts] = [self.scale.len(), self.shift.len()];
            return Misfit::because(format!(
                "{scales} scales and {shifts} shifts are not those of {channels} channels"
            ));
        }
        Ok(input)
    }

    fn geometry(&self) -> Vec<usize> {
        vec![self.scale.len()]
    }

    fn shares_parameters(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.scale, &other.scale) && Arc::ptr_eq(&self.shift, &other.shift)
    }

    fn with_parameters(&self, change: &mut dyn FnMut(&[f32]) -> Vec<f32>) -> Self {
        let mut changed = |values: &[f64]| Arc::new(change(&narrow(values)).into_iter().map(f64::from).collect());
        Self { scale: changed(&self.scale), shift: changed(&self.shift) }
    }
}

/// As the kernels use them.
fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::cpu::{Backward, CpuKernel, Epilogue, Scratch};
    use crate::kernel::{Activation, MapShape, ReluRule, layout};
    use crate::operations::{Reference, Values};

    #[test]
    fn kernels_agree_with_the_definition() {
        let shape = MapShape::new(6, 3, 5);
        let affine = Affine {
            scale: Arc::new((0..6).map(|index| f64::from(index) - 2.3).collect()),
            shift: Arc::new((0..6).map(|index| 0.4 - f64::from(index)).collect()),
        };
        assert_eq!(affine.output_shape(&[Shape::Map(shape)]), Ok(Shape::Map(shape)));
        assert!(affine.output_shape(&[Shape::Vector { channels: 5 }]).is_err());
        let values: Vec<f32> = (0..shape.len()).map(|index| (index as f32 * 0.37).sin()).collect();
        let wide: Vec<f64> = values.iter().copied().map(f64::from).collect();
        let known = Values { shape, values: &wide };
        let cells = layout::to_cells(shape, &values);
        let prepared = affine.prepare();
        let epilogue =
            Epilogue { residual: Some(&cells), activation: Some(Activation::Relu), ..Epilogue::default() };
        let found = prepared.forward(&[&cells], epilogue, &mut Scratch::default()).expect("a forward");
        let expected = affine.forward(&[known], shape).into_iter().zip(&wide).map(|(a, b)| (a + b).max(0.0));
        assert_close(&layout::to_channels(shape, &found), &expected.collect::<Vec<_>>());

        let sum = cells.iter().rev().copied().collect::<Vec<_>>();
        let backward = Backward {
            inputs: &[None],
            output: None,
            gradient: &cells,
            sum: Some(&sum),
            rule: ReluRule::Gradient,
        };
        let found = prepared.input_gradient(0, backward, &mut Scratch::default()).expect("a gradient");
        let sums = layout::to_channels(shape, &sum);
        let expected = affine.input_gradient(0, &[known], known, &wide).into_iter().zip(&sums);
        let expected: Vec<f64> = expected.map(|(a, &b)| a + f64::from(b)).collect();
        assert_close(&layout::to_channels(shape, &found), &expected);
    }

    fn assert_close(found: &[f32], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (&found, expected) in found.iter().zip(expected) {
            assert!((f64::from(found) - expected).abs() < 1e-5, "{found} {expected}");
        }
    }
}
