//! From the input to the logits.

use super::dispatches::{padded, pooling_parameters};
use super::{Contents, Direction, Planner, Stored, flags};
use crate::engine::layout::{LANES, length};
use crate::gpu::kernel::Kernel;
use crate::network::{NodeId, Operation};

impl Planner<'_> {
    /// Computes the output of `id`.
    pub(super) fn forward(&mut self, id: NodeId) {
        let network = self.network;
        let node = network.node(id);
        let output = self.buffer(length(node.shape), Contents::Empty);
        self.outputs.push(output);
        let input = self.outputs[node.input.index()];
        match &node.operation {
            Operation::Input => {}
            Operation::Convolution(parameters) => self.weighted(id, parameters.residual, parameters.relu),
            Operation::MaxPool(pool) => {
                let places = self.buffer(length(node.shape), Contents::Empty);
                self.places[id.index()] = Some(places);
                let parameters = pooling_parameters(self.shape(node.input), node.shape, pool);
                let buffers = vec![input, output, places];
                let dispatch =
                    self.over_results(Kernel::MaxPool, id, parameters, buffers, length(node.shape) / LANES);
                self.forward.push(dispatch);
            }
            Operation::GlobalAveragePool => {
                let vectors = length(node.shape) / LANES;
                let parameters = vec![self.shape(node.input).area() as u32, vectors as u32];
                let dispatch = self.over_results(Kernel::AveragePool, id, parameters, vec![input], vectors);
                let last = Stored { bias: None, other: None, output, flags: 0 };
                self.forward.push(self.stored(last, dispatch));
            }
            Operation::Linear(_) => self.weighted(id, None, false),
        }
    }

    /// An operation with weights and bias.
    fn weighted(&mut self, id: NodeId, residual: Option<NodeId>, relu: bool) {
        let window = self.window(id);
        let (side, contents) = match window.winograd_tile() {
            Some(tile) => (tile.inputs(), Contents::TransformedWeights(id, tile)),
            None => (window.kernel, Contents::Weights(id)),
        };
        let values = side.pow(2) * padded(window.from.channels) * padded(window.to.channels);
        let weights = self.buffer(values, contents);
        self.weights[id.index()] = Some(weights);
        let bias = self.buffer(padded(window.to.channels), Contents::Bias(id));
        let other = residual.map(|residual| self.outputs[residual.index()]);
        let flags =
            flags::BIAS | if other.is_some() { flags::RESIDUAL } else { 0 } | if relu { flags::RELU } else { 0 };
        let last = Stored { bias: Some(bias), other, output: self.outputs[id.index()], flags };
        let input = self.outputs[self.network.node(id).input.index()];
        let dispatches = self.windowed(Direction::Forward, id, input, last);
        self.forward.extend(dispatches);
    }
}
