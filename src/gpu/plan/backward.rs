//! From the logits' gradient to the input's.

use super::dispatches::{padded, window_parameters, winograd_tile};
use super::{BufferId, Contents, Planner, Stored, Window, flags};
use crate::engine::layout::{LANES, length};
use crate::gpu::kernel::Kernel;
use crate::network::{Convolution, NodeId, Operation, Shape};

impl Planner<'_> {
    /// Passes the gradient of `id` on to what it is computed from.
    pub(super) fn backward(&mut self, id: NodeId) {
        let network = self.network;
        let node = network.node(id);
        // A node without a gradient has no way to the logits.
        let Some(gradient) = self.gradients[id.index()] else { return };
        let from = self.shape(node.input);
        match &node.operation {
            Operation::Input => {}
            Operation::Convolution(parameters) => {
                let gradient = self.before_relu(id, parameters, gradient);
                let last = self.contribution(node.input);
                let weights = self.weights_of(id);
                if let Some(tile) = winograd_tile(parameters, node.shape) {
                    let channels = (padded(from.channels), padded(node.shape.channels));
                    let multiply = Kernel::WinogradMultiplyTransposed;
                    let dispatches = self.winograd(id, tile, multiply, channels, weights, gradient, last);
                    self.backward.extend(dispatches);
                } else {
                    let window = Window {
                        from,
                        to: node.shape,
                        kernel: parameters.kernel,
                        stride: parameters.stride,
                        padding: parameters.padding,
                    };
                    let dispatch = self.direct_gradient(id, window, weights, gradient, last);
                    self.backward.push(dispatch);
                }
            }
            Operation::MaxPool(pool) => {
                let last = self.contribution(node.input);
                let mut parameters = window_parameters(from, node.shape, pool);
                parameters.push(last.flags);
                let places = self.places[id.index()].unwrap_or(self.unused);
                let buffers = self.stored(last.bias, last.other, last.output, &[gradient, places]);
                let dispatch =
                    self.over_results(Kernel::MaxPoolGradient, id, parameters, buffers, length(from) / LANES);
                self.backward.push(dispatch);
            }
            Operation::GlobalAveragePool => {
                let last = self.contribution(node.input);
                let vectors = padded(from.channels) / LANES;
                let parameters = vec![from.area() as u32, vectors as u32, last.flags];
                let buffers = self.stored(last.bias, last.other, last.output, &[gradient]);
                let results = length(from) / LANES;
                let dispatch = self.over_results(Kernel::AveragePoolGradient, id, parameters, buffers, results);
                self.backward.push(dispatch);
            }
            Operation::Linear(_) => {
                let last = self.contribution(node.input);
                let from = Shape::new(length(from), 1, 1);
                let window = Window { from, to: node.shape, kernel: 1, stride: 1, padding: 0 };
                let dispatch = self.direct_gradient(id, window, self.weights_of(id), gradient, last);
                self.backward.push(dispatch);
            }
        }
        if !self.is_layer(id) && id != self.network.logits() {
            self.free.push(gradient);
        }
    }

    /// The gradient of a convolution before its ReLU, given that after it; its residual gets its share on the way.
    pub(super) fn before_relu(&mut self, id: NodeId, convolution: &Convolution, gradient: BufferId) -> BufferId {
        let mask = convolution.relu && !self.is_masked_when_stored(id);
        let Some(residual) = convolution.residual else {
            if !mask {
                return gradient;
            }
            let masked = self.at_least(self.masked, length(self.shape(id)));
            self.mask(id, gradient, masked);
            return masked;
        };
        let sole = self.gradients[residual.index()].is_none()
            && !self.is_masked_when_stored(residual)
            && residual != self.network.node(id).input;
        if mask && sole {
            // What the residual gets first is just what is wanted here.
            let shared = self.gradient_of(residual);
            self.mask(id, gradient, shared);
            return shared;
        }
        let before = if mask {
            let masked = self.at_least(self.masked, length(self.shape(id)));
            self.mask(id, gradient, masked);
            masked
        } else {
            gradient
        };
        let last = self.contribution(residual);
        self.pointwise(id, before, last);
        before
    }

    /// Copies the gradient of `id`, zero where its output is.
    pub(super) fn mask(&mut self, id: NodeId, gradient: BufferId, to: BufferId) {
        let other = Some(self.outputs[id.index()]);
        self.pointwise(id, gradient, Stored { bias: None, other, output: to, flags: flags::MASK });
    }

    pub(super) fn pointwise(&mut self, id: NodeId, input: BufferId, last: Stored) {
        let vectors = length(self.shape(id)) / LANES;
        let buffers = self.stored(last.bias, last.other, last.output, &[input]);
        let dispatch =
            self.over_results(Kernel::Pointwise, id, vec![vectors as u32, last.flags], buffers, vectors);
        self.backward.push(dispatch);
    }

    /// Where a share of `node`'s gradient goes, and how: the first is stored, any other added to it.
    pub(super) fn contribution(&mut self, node: NodeId) -> Stored {
        let accumulate = if self.gradients[node.index()].is_some() { flags::ACCUMULATE } else { 0 };
        let output = self.gradient_of(node);
        if self.is_masked_when_stored(node) {
            let other = Some(self.outputs[node.index()]);
            Stored { bias: None, other, output, flags: accumulate | flags::MASK }
        } else {
            Stored { bias: None, other: None, output, flags: accumulate }
        }
    }

    /// The buffer of `node`'s gradient.
    pub(super) fn gradient_of(&mut self, node: NodeId) -> BufferId {
        if let Some(buffer) = self.gradients[node.index()] {
            return buffer;
        }
        let values = length(self.shape(node));
        let reusable = match self.is_layer(node) {
            // Layers' gradients stay: they may be asked for.
            true => None,
            false => self.free.iter().position(|buffer| self.buffers[buffer.0].length == values),
        };
        let buffer = match reusable {
            Some(position) => self.free.swap_remove(position),
            None => self.buffer(values, Contents::Empty),
        };
        self.gradients[node.index()] = Some(buffer);
        buffer
    }

    pub(super) fn weights_of(&self, id: NodeId) -> BufferId {
        // Every convolution and linear layer got weights on the way forward.
        self.weights[id.index()].unwrap_or(self.unused)
    }
}
