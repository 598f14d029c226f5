//! Convolutions with groups or dilation, by plain loops over the windows: rows of the result among the threads, and within a
//! group its channels side by side.

use super::Direction;
use crate::kernel::cpu::simd::{self, LANES};
use crate::kernel::cpu::{Epilogue, Shared, threads};
use crate::kernel::layout::cell_stride;
use crate::kernel::{MapShape, WindowAxis};
use crate::operations::convolution::Convolution;

/// The weights by window place, source channel within its group, and target channel, once for each direction.
pub struct Plain {
    down: WindowAxis,
    across: WindowAxis,
    groups: usize,
    input: MapShape,
    output: MapShape,
    forward: Vec<f32>,
    backward: Vec<f32>,
}

impl Plain {
    /// Packs the weights for maps of these shapes.
    pub fn new(convolution: &Convolution, input: MapShape, output: MapShape) -> Self {
        let groups = convolution.groups;
        let (inputs, outputs) = (input.channels / groups, output.channels / groups);
        let [height, width] = convolution.window.kernel;
        let mut forward = Vec::with_capacity(convolution.weight.len());
        let mut backward = Vec::with_capacity(convolution.weight.len());
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let weight = |out, within| convolution.weight[convolution.weight_index(inputs, out, within, y, x)];
            for within in 0..inputs {
                forward.extend((0..output.channels).map(|out| weight(out, within)));
            }
            for within in 0..outputs {
                backward.extend(
                    (0..input.channels)
                        .map(|channel| weight(channel / inputs * outputs + within, channel % inputs)),
                );
            }
        }
        let (down, across) = (convolution.window.down(), convolution.window.across());
        Self { down, across, groups, input, output, forward, backward }
    }

    /// Fills `target`.
    ///
    /// # Safety
    /// `source`, `target` and the residual, if any, are maps of the shapes that the direction leads from and to.
    pub unsafe fn run(&self, direction: Direction, source: &[f32], epilogue: Epilogue, target: Shared) {
        let (from, to, weights) = match direction {
            Direction::Forward => (self.input, self.output, &self.forward),
            Direction::Backward => (self.output, self.input, &self.backward),
        };
        let cell_of = |axis: WindowAxis, place: usize, tap: usize, length: usize| match direction {
            Direction::Forward => axis.cell(place, tap, length),
            Direction::Backward => axis.position(place, tap, length),
        };
        let (from_stride, to_stride) = (cell_stride(from.channels), cell_stride(to.channels));
        let from_group = from.channels / self.groups;
        threads::for_each(to.height, |y| {
            let mut sums = vec![0.0; to_stride];
            for x in 0..to.width {
                sums.fill(0.0);
                for tap_y in 0..self.down.kernel {
                    let Some(source_y) = cell_of(self.down, y, tap_y, from.height) else { continue };
                    for tap_x in 0..self.across.kernel {
                        let Some(source_x) = cell_of(self.across, x, tap_x, from.width) else { continue };
                        let cell = &source[(source_y * from.width + source_x) * from_stride..][..from.channels];
                        let tap = (tap_y * self.across.kernel + tap_x) * from_group * to.channels;
                        let weights = &weights[tap..][..from_group * to.channels];
                        self.accumulate(cell, weights, &mut sums[..to.channels]);
                    }
                }
                let offset = (y * to.width + x) * to_stride;
                for channel in (0..to_stride).step_by(LANES) {
                    // Safety: four sums of a cell that is this task's alone, within the map.
                    unsafe {
                        let values = simd::load(sums.as_ptr().add(channel));
                        epilogue.store(target, offset + channel, channel, values);
                    }
                }
            }
        });
    }

    /// Adds the products of one cell with the weights of one place of the window.
    fn accumulate(&self, cell: &[f32], weights: &[f32], sums: &mut [f32]) {
        let add = |sums: &mut [f32], weights: &[f32], value: f32| {
            sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += value * weight);
        };
        let (from_group, to_group) = (cell.len() / self.groups, sums.len() / self.groups);
        if from_group == 1 && to_group == 1 {
            for ((sum, value), weight) in sums.iter_mut().zip(cell).zip(weights) {
                *sum += value * weight;
            }
            return;
        }
        let channels = sums.len();
        for (group, values) in cell.chunks_exact(from_group).enumerate() {
            let targets = group * to_group..(group + 1) * to_group;
            for (within, &value) in values.iter().enumerate() {
                add(&mut sums[targets.clone()], &weights[within * channels..][targets.clone()], value);
            }
        }
    }
}
