//! A fully connected layer.

mod cpu;
pub mod gpu;
mod reference;

use super::{BackwardReads, Definition, Facts, Misfit, single};
use crate::kernel::Shape;
use std::sync::Arc;

/// `weight · x + bias` over all values of the input, channel by channel. Parameters are shared, so that a copy costs nothing.
#[derive(Debug, Clone)]
pub struct Linear {
    /// `[out, in]`, row-major.
    pub weight: Arc<Vec<f32>>,
    /// `[out]`.
    pub bias: Arc<Vec<f32>>,
}

impl Definition for Linear {
    fn facts(&self) -> Facts {
        Facts {
            name: "linear layer",
            parameters: self.weight.len() + self.bias.len(),
            backward_reads: BackwardReads::Nothing,
            has_epilogue: true,
            is_finish: false,
        }
    }

    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let input = single(inputs)?;
        let (outputs, weights) = (self.bias.len(), self.weight.len());
        if outputs == 0 || outputs.checked_mul(input.len()) != Some(weights) {
            return Misfit::because(format!(
                "{weights} weights and {outputs} biases do not lead from {} values to {outputs}",
                input.len()
            ));
        }
        Ok(Shape::Vector { channels: outputs })
    }

    fn geometry(&self) -> Vec<usize> {
        vec![self.weight.len(), self.bias.len()]
    }

    fn shares_parameters(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.weight, &other.weight) && Arc::ptr_eq(&self.bias, &other.bias)
    }

    fn with_parameters(&self, change: &mut dyn FnMut(&[f32]) -> Vec<f32>) -> Self {
        Self { weight: Arc::new(change(&self.weight)), bias: Arc::new(change(&self.bias)) }
    }
}
