//! From the logits' gradient to the input's.

use super::dispatches::{padded, pooling_parameters};
use super::{BufferId, Contents, Direction, Planner, Stored, flags};
use crate::engine::layout::{LANES, length};
use crate::gpu::kernel::Kernel;
use crate::network::{Convolution, NodeId, Operation};

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
                self.pass_on(id, gradient);
            }
            Operation::MaxPool(pool) => {
                let last = self.contribution(node.input);
                let parameters = pooling_parameters(from, node.shape, pool);
                let places = self.places[id.index()].unwrap_or(self.unused);
                let buffers = vec![gradient, places];
                let dispatch =
                    self.over_results(Kernel::MaxPoolGradient, id, parameters, buffers, length(from) / LANES);
                self.backward.push(self.stored(last, dispatch));
            }
            Operation::GlobalAveragePool => {
                let last = self.contribution(node.input);
                let vectors = padded(from.channels) / LANES;
                let parameters = vec![from.area() as u32, vectors as u32];
                let results = length(from) / LANES;
                let dispatch =
                    self.over_results(Kernel::AveragePoolGradient, id, parameters, vec![gradient], results);
                self.backward.push(self.stored(last, dispatch));
            }
            Operation::Linear(_) => self.pass_on(id, gradient),
        }
        if !self.is_layer(id) && id != self.network.logits() {
            self.free.push(gradient);
        }
    }

    /// Through the weights of `id`.
    fn pass_on(&mut self, id: NodeId, gradient: BufferId) {
        let last = self.contribution(self.network.node(id).input);
        let dispatches = self.windowed(Direction::Backward, id, gradient, last);
        self.backward.extend(dispatches);
    }

    /// The gradient of a convolution before its ReLU, given that after it; its residual gets its share on the way.
    fn before_relu(&mut self, id: NodeId, convolution: &Convolution, gradient: BufferId) -> BufferId {
        let mask = convolution.relu && !self.is_masked_when_stored(id);
        // What a residual gets first is just what is wanted here.
        let shared = convolution.residual.filter(|&residual| {
            mask && self.gradients[residual.index()].is_none()
                && !self.is_masked_when_stored(residual)
                && residual != self.network.node(id).input
        });
        let before = match shared {
            _ if !mask => gradient,
            Some(residual) => self.gradient_of(residual),
            None => self.at_least(self.masked, length(self.shape(id))),
        };
        if mask {
            let other = Some(self.outputs[id.index()]);
            self.pointwise(id, gradient, Stored { bias: None, other, output: before, flags: flags::MASK });
        }
        if let (Some(residual), None) = (convolution.residual, shared) {
            let last = self.contribution(residual);
            self.pointwise(id, before, last);
        }
        before
    }

    /// Copies `id`'s gradient, but for what becomes of it when it is stored.
    fn pointwise(&mut self, id: NodeId, input: BufferId, last: Stored) {
        let vectors = length(self.shape(id)) / LANES;
        let dispatch = self.over_results(Kernel::Pointwise, id, vec![vectors as u32], vec![input], vectors);
        self.backward.push(self.stored(last, dispatch));
    }

    /// Where a share of `node`'s gradient goes, and how: the first is stored, any other added to it.
    fn contribution(&mut self, node: NodeId) -> Stored {
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
}
