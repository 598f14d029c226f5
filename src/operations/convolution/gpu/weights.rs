//! Weights as the kernels read them.
//!
//! For dense convolutions: blocks of four input channels by four output channels, within the block by input channel; so
//! that a vector of four output channels is read at once on the way forward, and a whole block on either way. For plain
//! ones: by window place, input channel within its group, and output channel, padded to whole vectors.

use super::super::winograd::{Filter, Four, Two, transform_weights};
use super::{BIAS, Geometry, Tile};
use crate::kernel::layout::{LANES, cell_stride};

impl Geometry {
    /// How many values [`initial`](Self::initial) has for the weights.
    pub(super) fn weights_length(&self) -> usize {
        let outputs = cell_stride(self.to.channels);
        match self.tile() {
            Some(tile) => tile.inputs().pow(2) * cell_stride(self.from.channels) * outputs,
            None if self.is_dense() => self.window.area() * cell_stride(self.from.channels) * outputs,
            None => self.window.area() * self.from.channels / self.groups * outputs,
        }
    }

    /// The values of a buffer of parameters. `weight` is `[out, in / groups, kernel height, kernel width]`.
    pub(in crate::operations) fn initial(
        &self,
        weight: &[f32],
        bias: &[f32],
        part: usize,
        length: usize,
    ) -> Vec<f32> {
        if part == BIAS {
            let mut bias = bias.to_vec();
            bias.resize(length, 0.0);
            return bias;
        }
        match self.tile() {
            None if !self.is_dense() => self.plain_weights(weight, length),
            tile => self.dense_weights(weight, length, tile),
        }
    }

    fn plain_weights(&self, weight: &[f32], length: usize) -> Vec<f32> {
        let (area, inputs) = (self.window.area(), self.from.channels / self.groups);
        let stride = cell_stride(self.to.channels);
        let mut values = vec![0.0; length];
        for (filter, taps) in weight.chunks_exact(area).enumerate() {
            let (output, within) = (filter / inputs, filter % inputs);
            for (tap, &value) in taps.iter().enumerate() {
                values[(tap * inputs + within) * stride + output] = value;
            }
        }
        values
    }

    fn dense_weights(&self, weight: &[f32], length: usize, tile: Option<Tile>) -> Vec<f32> {
        let mut blocks =
            Blocks { inputs: self.from.channels, outputs: self.to.channels, values: vec![0.0; length] };
        for (filter, values) in weight.chunks_exact(self.window.area()).enumerate() {
            match tile {
                None => blocks.put(filter, values.iter().copied()),
                Some(Tile::Two) => blocks.put_transformed::<Two, 4>(filter, values),
                Some(Tile::Four) => blocks.put_transformed::<Four, 6>(filter, values),
            }
        }
        blocks.values
    }
}

struct Blocks {
    inputs: usize,
    outputs: usize,
    values: Vec<f32>,
}

impl Blocks {
    /// Puts one filter's values, one for each position, where they belong. Filters are numbered by output, then input.
    fn put(&mut self, filter: usize, values: impl Iterator<Item = f32>) {
        let (output, input) = (filter / self.inputs, filter % self.inputs);
        let (inputs, outputs) = (self.inputs.div_ceil(LANES), self.outputs.div_ceil(LANES));
        let block = input / LANES * outputs + output / LANES;
        let place = (block * LANES + input % LANES) * LANES + output % LANES;
        for (position, value) in values.enumerate() {
            self.values[position * inputs * outputs * LANES * LANES + place] = value;
        }
    }

    fn put_transformed<T: Filter<IN>, const IN: usize>(&mut self, filter: usize, values: &[f32]) {
        let filter_rows = std::array::from_fn(|y| std::array::from_fn(|x| f64::from(values[y * 3 + x])));
        let transformed = transform_weights::<T, IN>(filter_rows);
        self.put(filter, transformed.as_flattened().iter().map(|&value| value as f32));
    }
}
