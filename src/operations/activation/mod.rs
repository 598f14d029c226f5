//! A function of each value by itself. The [functions](crate::kernel::Activation) are known to the stores of both engines.

mod cpu;
pub mod gpu;
mod reference;

pub use crate::kernel::Activation;

use super::{BackwardReads, Definition, Facts, Misfit, single};
use crate::kernel::Shape;

impl Definition for Activation {
    fn facts(&self) -> Facts {
        let (name, backward_reads) = match self {
            Self::Relu => ("ReLU", BackwardReads::Output),
        };
        Facts { name, parameters: 0, backward_reads, has_epilogue: false, is_finish: true }
    }

    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        single(inputs)
    }

    fn geometry(&self) -> Vec<usize> {
        vec![*self as usize]
    }

    fn shares_parameters(&self, _: &Self) -> bool {
        true
    }

    fn with_parameters(&self, _: &mut dyn FnMut(&[f32]) -> Vec<f32>) -> Self {
        *self
    }
}
