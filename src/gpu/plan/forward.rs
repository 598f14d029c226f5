//! From the input to the logits.

use super::dispatches::{padded, window_parameters, winograd_tile};
use super::{Contents, Planner, Stored, Window, flags};
use crate::engine::layout::{LANES, length};
use crate::gpu::kernel::Kernel;
use crate::network::{Convolution, Linear, NodeId, Operation, Shape};

impl Planner<'_> {
    pub(super) fn forward(&mut self, id: NodeId) {
        let network = self.network;
        let node = network.node(id);
        let output = self.buffer(length(node.shape), Contents::Empty);
        self.outputs.push(output);
        match &node.operation {
            Operation::Input => {}
            Operation::Convolution(parameters) => self.convolution(id, parameters),
            Operation::MaxPool(pool) => {
                let places = self.buffer(length(node.shape), Contents::Empty);
                self.places[id.index()] = Some(places);
                let parameters = window_parameters(self.shape(node.input), node.shape, pool);
                let buffers = vec![self.outputs[node.input.index()], output, places];
                let dispatch =
                    self.over_results(Kernel::MaxPool, id, parameters, buffers, length(node.shape) / LANES);
                self.forward.push(dispatch);
            }
            Operation::GlobalAveragePool => {
                let vectors = length(node.shape) / LANES;
                let parameters = vec![self.shape(node.input).area() as u32, vectors as u32, 0];
                let buffers = self.stored(None, None, output, &[self.outputs[node.input.index()]]);
                let dispatch = self.over_results(Kernel::AveragePool, id, parameters, buffers, vectors);
                self.forward.push(dispatch);
            }
            Operation::Linear(linear) => self.linear(id, linear),
        }
    }

    pub(super) fn convolution(&mut self, id: NodeId, convolution: &Convolution) {
        let node = self.network.node(id);
        let input = self.outputs[node.input.index()];
        let output = self.outputs[id.index()];
        let bias = self.buffer(length(Shape::new(node.shape.channels, 1, 1)), Contents::Bias(id));
        let residual = convolution.residual.map(|residual| self.outputs[residual.index()]);
        let flags = flags::BIAS
            | if residual.is_some() { flags::RESIDUAL } else { 0 }
            | if convolution.relu { flags::RELU } else { 0 };
        let from = self.shape(node.input);
        let (inputs, outputs) = (padded(from.channels), padded(node.shape.channels));
        let last = Stored { bias: Some(bias), other: residual, output, flags };
        if let Some(tile) = winograd_tile(convolution, node.shape) {
            let length = tile.inputs().pow(2) * inputs * outputs;
            let weights = self.buffer(length, Contents::TransformedWeights(id, tile));
            self.weights[id.index()] = Some(weights);
            let multiply = Kernel::WinogradMultiply;
            let dispatches = self.winograd(id, tile, multiply, (inputs, outputs), weights, input, last);
            self.forward.extend(dispatches);
        } else {
            let weights = self.buffer(convolution.kernel.pow(2) * inputs * outputs, Contents::Weights(id));
            self.weights[id.index()] = Some(weights);
            let window = Window {
                from,
                to: node.shape,
                kernel: convolution.kernel,
                stride: convolution.stride,
                padding: convolution.padding,
            };
            let dispatch = self.direct(id, window, weights, input, last);
            self.forward.push(dispatch);
        }
    }

    /// A convolution of 1 × 1 on maps of one cell, whose channels are all that the input has.
    pub(super) fn linear(&mut self, id: NodeId, linear: &Linear) {
        let node = self.network.node(id);
        let from = Shape::new(length(self.shape(node.input)), 1, 1);
        let bias = self.buffer(padded(linear.bias.len()), Contents::Bias(id));
        let weights = self.buffer(padded(from.channels) * padded(node.shape.channels), Contents::Weights(id));
        self.weights[id.index()] = Some(weights);
        let window = Window { from, to: node.shape, kernel: 1, stride: 1, padding: 0 };
        let last = Stored { bias: Some(bias), other: None, output: self.outputs[id.index()], flags: flags::BIAS };
        let dispatch = self.direct(id, window, weights, self.outputs[node.input.index()], last);
        self.forward.push(dispatch);
    }
}
