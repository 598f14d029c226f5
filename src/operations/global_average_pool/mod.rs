//! The mean of each feature map.

mod cpu;
pub mod gpu;
mod reference;

use super::{BackwardReads, Definition, Facts, Misfit, single};
use crate::kernel::Shape;

/// The mean over all cells of a map, or over all tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GlobalAveragePool;

impl Definition for GlobalAveragePool {
    fn facts(&self) -> Facts {
        Facts {
            name: "global average pool",
            parameters: 0,
            backward_reads: BackwardReads::Nothing,
            has_epilogue: false,
            is_finish: false,
        }
    }

    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let input = single(inputs)?;
        match input {
            Shape::General(_) => Misfit::because(format!("{input} is no map")),
            _ if input.is_empty() => Misfit::because("there is nothing to average"),
            _ => Ok(Shape::Vector { channels: input.as_map().channels }),
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
