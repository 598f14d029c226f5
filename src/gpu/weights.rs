//! Weights as the kernels read them: blocks of four input channels by four output channels, within the block by input
//! channel; so that a vector of four output channels is read at once on the way forward, and a whole block on either way.

use super::kernel::Tile;
use super::plan::Contents;
use crate::engine::layout::{LANES, length, to_cells};
use crate::engine::winograd::{Filter, Four, Two, transform_weights};
use crate::network::{Network, NodeId, Operation};
use std::borrow::Cow;

/// The values that a buffer of `length` begins with; `None` for an empty one.
pub fn initial(network: &Network, contents: Contents, length: usize) -> Option<Vec<f32>> {
    match contents {
        Contents::Empty => None,
        Contents::Bias(node) => {
            let mut bias = match &network.node(node).operation {
                Operation::Convolution(convolution) => convolution.bias.clone(),
                Operation::Linear(linear) => linear.bias.clone(),
                _ => Vec::new(),
            };
            bias.resize(length, 0.0);
            Some(bias)
        }
        Contents::Weights(node) => {
            let (weights, sides) = weights(network, node);
            let mut blocks = Blocks::new(length, sides);
            for (filter, values) in weights.chunks_exact(sides.kernel_area).enumerate() {
                blocks.put(filter, values.iter().copied());
            }
            Some(blocks.values)
        }
        Contents::TransformedWeights(node, tile) => {
            let (weights, sides) = weights(network, node);
            let mut blocks = Blocks::new(length, sides);
            for (filter, values) in weights.chunks_exact(sides.kernel_area).enumerate() {
                match tile {
                    Tile::Two => put_transformed::<Two, 4>(&mut blocks, filter, values),
                    Tile::Four => put_transformed::<Four, 6>(&mut blocks, filter, values),
                }
            }
            Some(blocks.values)
        }
    }
}

fn put_transformed<T: Filter<IN>, const IN: usize>(blocks: &mut Blocks, filter: usize, values: &[f32]) {
    let filter_rows = std::array::from_fn(|y| std::array::from_fn(|x| f64::from(values[y * 3 + x])));
    let transformed = transform_weights::<T, IN>(filter_rows);
    blocks.put(filter, transformed.as_flattened().iter().map(|&value| value as f32));
}

#[derive(Clone, Copy)]
struct Sides {
    inputs: usize,
    outputs: usize,
    kernel_area: usize,
}

/// A node's weights, `[out, in, kernel, kernel]`. A linear layer's inputs are in the order in which they lie in memory.
fn weights(network: &Network, id: NodeId) -> (Cow<'_, [f32]>, Sides) {
    let node = network.node(id);
    let input = network.node(node.input).shape;
    let outputs = node.shape.channels;
    match &node.operation {
        Operation::Convolution(convolution) => {
            let kernel_area = convolution.kernel * convolution.kernel;
            (Cow::from(&convolution.weight), Sides { inputs: input.channels, outputs, kernel_area })
        }
        Operation::Linear(linear) => {
            let rows = linear.weight.chunks_exact(input.len()).flat_map(|row| to_cells(input, row));
            (rows.collect(), Sides { inputs: length(input), outputs, kernel_area: 1 })
        }
        _ => (Cow::default(), Sides { inputs: 0, outputs: 0, kernel_area: 1 }),
    }
}

struct Blocks {
    sides: Sides,
    values: Vec<f32>,
}

impl Blocks {
    fn new(length: usize, sides: Sides) -> Self {
        Self { sides, values: vec![0.0; length] }
    }

    /// Puts one filter's values, one for each position, where they belong. Filters are numbered by output, then input.
    fn put(&mut self, filter: usize, values: impl Iterator<Item = f32>) {
        let (output, input) = (filter / self.sides.inputs, filter % self.sides.inputs);
        let (inputs, outputs) = (self.sides.inputs.div_ceil(LANES), self.sides.outputs.div_ceil(LANES));
        let block = input / LANES * outputs + output / LANES;
        let place = (block * LANES + input % LANES) * LANES + output % LANES;
        for (position, value) in values.enumerate() {
            self.values[position * inputs * outputs * LANES * LANES + place] = value;
        }
    }
}
