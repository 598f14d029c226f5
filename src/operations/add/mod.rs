//! The sum of two maps of the same shape.

mod cpu;
pub mod gpu;
mod reference;

use super::{BackwardReads, Definition, Facts, Misfit};
use crate::kernel::Shape;

/// `a + b`, value by value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Add;

impl Definition for Add {
    fn facts(&self) -> Facts {
        Facts {
            name: "sum",
            parameters: 0,
            backward_reads: BackwardReads::Nothing,
            has_epilogue: false,
            is_finish: false,
        }
    }

    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        match inputs {
            [first, second] if first == second => Ok(*first),
            [first, second] => Misfit::because(format!("it adds {first} to {second}")),
            _ => Misfit::because(format!("it has {} inputs instead of two", inputs.len())),
        }
    }

    fn geometry(&self) -> Vec<usize> {
        Vec::new()
    }

    fn shares_parameters(&self, _: &Self) -> bool {
        true
    }

    fn with_parameters(&self, _: &mut dyn FnMut(&[f32]) -> Vec<f32>) -> Self {
        *self
    }
}
