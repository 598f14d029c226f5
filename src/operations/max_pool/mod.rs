//! The maximum over windows.

mod cpu;
pub mod gpu;
mod reference;

use super::{BackwardReads, Definition, Facts, Misfit, single};
use crate::kernel::{Rounding, Shape, Window, WindowAxis};
use std::ops::Range;

/// The maximum over windows that may overlap; padding counts as −∞. The gradient goes to the first maximum of each window
/// in row-major order, as in PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxPool {
    /// Its windows, without dilation.
    pub window: Window,
    /// What becomes of cells that no whole stride reaches.
    pub rounding: Rounding,
}

impl MaxPool {
    /// A square window, rounded down.
    pub const fn square(kernel: usize, stride: usize, padding: usize) -> Self {
        Self { window: Window::square(kernel, stride, padding), rounding: Rounding::Floor }
    }
}

impl Definition for MaxPool {
    fn facts(&self) -> Facts {
        Facts {
            name: "max-pool",
            parameters: 0,
            backward_reads: BackwardReads::ArgMax,
            has_epilogue: false,
            is_finish: false,
        }
    }

    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        pooled_shape(self.window, self.rounding, single(inputs)?)
    }

    fn geometry(&self) -> Vec<usize> {
        self.window.numbers().chain([self.rounding as usize]).collect()
    }

    fn shares_parameters(&self, _: &Self) -> bool {
        true
    }

    fn with_parameters(&self, _: &mut dyn FnMut(&[f32]) -> Vec<f32>) -> Self {
        *self
    }
}

/// Shape of what pooling leaves of a map, every window of which must meet the map.
pub(super) fn pooled_shape(window: Window, rounding: Rounding, input: Shape) -> Result<Shape, Misfit> {
    let Shape::Map(map) = input else { return Misfit::because(format!("{input} is no map")) };
    if window.dilation != [1, 1] {
        return Misfit::because("pooling with dilation is not understood here");
    }
    let too_wide = |axis: WindowAxis| axis.before >= axis.kernel || axis.after >= axis.kernel;
    if too_wide(window.down()) || too_wide(window.across()) {
        return Misfit::because("its padding is as wide as its window");
    }
    match window.output([map.height, map.width], rounding) {
        Some([height, width]) => Ok(Shape::map(map.channels, height, width)),
        None => Misfit::because(format!("its window does not fit into {input}")),
    }
}

/// The input cells, of `length`, that window `position` meets along one side.
pub(super) fn met(axis: WindowAxis, position: usize, length: usize) -> Range<usize> {
    let end = (position * axis.stride + axis.kernel).saturating_sub(axis.before).min(length);
    (position * axis.stride).saturating_sub(axis.before)..end
}
