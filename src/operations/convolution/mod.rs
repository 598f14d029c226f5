//! Convolutions of every kind: dense, grouped, depthwise, rectangular, strided, dilated.

mod cpu;
pub mod gpu;
mod reference;
mod winograd;

use super::{BackwardReads, Definition, Facts, Misfit, single};
use crate::kernel::{MapShape, Rounding, Shape, Window};
use std::sync::Arc;

/// A convolution with bias; padding counts as zeros. Parameters are shared, so that a copy costs nothing.
#[derive(Debug, Clone)]
pub struct Convolution {
    /// `[out, in / groups, kernel height, kernel width]`, row-major.
    pub weight: Arc<Vec<f32>>,
    /// `[out]`.
    pub bias: Arc<Vec<f32>>,
    /// Its windows.
    pub window: Window,
    /// Groups of channels that do not mix: output channel `o` sees the input channels of group `o / (out / groups)`.
    pub groups: usize,
}

impl Convolution {
    /// Whether Winograd's filtering computes it.
    fn is_winograd(&self) -> bool {
        self.groups == 1 && self.window == Window::square(3, 1, 1)
    }

    /// Whether every output sees every channel of whole windows: the case for which there are fast kernels of any size.
    fn is_dense(&self) -> bool {
        self.groups == 1 && self.window.dilation == [1, 1]
    }

    /// Index of a weight; `input` counts within the group.
    fn weight_index(&self, inputs_of_group: usize, out: usize, input: usize, y: usize, x: usize) -> usize {
        let [height, width] = self.window.kernel;
        ((out * inputs_of_group + input) * height + y) * width + x
    }
}

impl Definition for Convolution {
    fn facts(&self) -> Facts {
        Facts {
            name: "convolution",
            parameters: self.weight.len() + self.bias.len(),
            backward_reads: BackwardReads::Nothing,
            has_epilogue: true,
            is_finish: false,
        }
    }

    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let input = single(inputs)?;
        // A convolution of a vector is a linear layer by another name.
        let MapShape { channels, height, width } = match input {
            Shape::Map(_) | Shape::Vector { .. } => input.as_map(),
            _ => return Misfit::because(format!("{input} is no map")),
        };
        let (outputs, groups) = (self.bias.len(), self.groups);
        if groups == 0 || outputs == 0 || !outputs.is_multiple_of(groups) || !channels.is_multiple_of(groups) {
            return Misfit::because(format!("{channels} channels do not become {outputs} in {groups} groups"));
        }
        let [kernel_height, kernel_width] = self.window.kernel;
        let expected = [channels / groups, kernel_height, kernel_width]
            .into_iter()
            .try_fold(outputs, |product, factor| product.checked_mul(factor));
        if expected != Some(self.weight.len()) {
            return Misfit::because(format!(
                "{} weights are not those of a kernel of {kernel_height} × {kernel_width} from {channels} channels to \
                 {outputs}",
                self.weight.len()
            ));
        }
        match self.window.output([height, width], Rounding::Floor) {
            Some([height, width]) => Ok(Shape::map(outputs, height, width)),
            None => Misfit::because(format!(
                "its window of {kernel_height} × {kernel_width} does not fit into {input}"
            )),
        }
    }

    fn geometry(&self) -> Vec<usize> {
        let lengths = [self.groups, self.weight.len(), self.bias.len()];
        self.window.numbers().chain(lengths).collect()
    }

    fn shares_parameters(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.weight, &other.weight) && Arc::ptr_eq(&self.bias, &other.bias)
    }

    fn with_parameters(&self, change: &mut dyn FnMut(&[f32]) -> Vec<f32>) -> Self {
        Self { weight: Arc::new(change(&self.weight)), bias: Arc::new(change(&self.bias)), ..*self }
    }
}
