//! What the GPU does for a network, as data: buffers, and dispatches in their order. Knows no device.

use super::shaders::{Kernel, Sums, Tile};
use super::tuning::Tuning;
use crate::engine::layout::{LANES, length};
use crate::engine::winograd::{Filter, Four, Two};
use crate::network::{Convolution, Linear, MaxPool, Network, NodeId, Operation, Shape};

/// Maps of at least this side are cut into 4 × 4 tiles. Smaller ones have too few of those to be worth weights that are
/// 2.25 times those of 2 × 2 tiles.
const SIDE_OF_LARGE_TILES: usize = 12;

/// A direct convolution with fewer invocations than this shares its sums among more of them: GPUs keep some ten thousand
/// in flight.
const FEW_INVOCATIONS: usize = 1 << 14;

/// What `store.wgsl` does to a result.
mod flags {
    pub const BIAS: u32 = 1;
    pub const RESIDUAL: u32 = 2;
    pub const RELU: u32 = 4;
    pub const MASK: u32 = 8;
    pub const ACCUMULATE: u32 = 16;
}

/// Names one of [`Plan::buffers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferId(usize);

impl BufferId {
    /// Position in [`Plan::buffers`].
    pub const fn index(self) -> usize {
        self.0
    }
}

/// What a buffer holds from the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// Nothing: the dispatches fill it.
    Empty,
    /// A node's weights, as they are.
    Weights(NodeId),
    /// A convolution's weights, transformed.
    TransformedWeights(NodeId, Tile),
    /// A node's bias.
    Bias(NodeId),
}

/// A buffer of 32-bit values.
#[derive(Debug, Clone, Copy)]
pub struct Buffer {
    /// How many values.
    pub length: usize,
    /// What it begins with.
    pub contents: Contents,
}

/// One run of a kernel.
#[derive(Debug, Clone)]
pub struct Dispatch {
    /// Which.
    pub kernel: Kernel,
    /// The node it works for.
    pub node: NodeId,
    /// The kernel's `Parameters`, in their order.
    pub parameters: Vec<u32>,
    /// What is bound from binding 1 on.
    pub buffers: Vec<BufferId>,
    /// Workgroups along each dimension.
    pub workgroups: [u32; 3],
}

/// See the [module](self).
#[derive(Debug)]
pub struct Plan {
    /// Every buffer.
    pub buffers: Vec<Buffer>,
    /// From the input to the logits.
    pub forward: Vec<Dispatch>,
    /// From the logits' gradient to the input's.
    pub backward: Vec<Dispatch>,
    /// Each node's output.
    outputs: Vec<BufferId>,
    /// Each node's gradient, and after how many dispatches of [`backward`](Self::backward) it is complete.
    gradients: Vec<Option<(BufferId, usize)>>,
}

impl Plan {
    /// Plans `network`.
    pub fn new(network: &Network, tuning: &Tuning) -> Self {
        let mut planner = Planner::new(network, tuning);
        for id in network.node_ids() {
            planner.forward(id);
        }
        planner.gradient_of(network.logits());
        for id in network.node_ids().rev() {
            planner.complete_after[id.index()] = planner.backward.len();
            planner.backward(id);
        }
        let gradients = planner.gradients.iter().zip(&planner.complete_after);
        Self {
            gradients: gradients.map(|(buffer, &count)| buffer.map(|buffer| (buffer, count))).collect(),
            buffers: planner.buffers,
            forward: planner.forward,
            backward: planner.backward,
            outputs: planner.outputs,
        }
    }

    /// A node's output.
    pub fn output(&self, node: NodeId) -> BufferId {
        self.outputs[node.index()]
    }

    /// A node's gradient, and after how many dispatches of [`backward`](Self::backward) it is there. That of a node that
    /// is neither a layer nor the input may be masked, or overwritten later.
    pub fn gradient(&self, node: NodeId) -> Option<(BufferId, usize)> {
        self.gradients[node.index()]
    }
}

struct Planner<'a> {
    network: &'a Network,
    tuning: &'a Tuning,
    buffers: Vec<Buffer>,
    forward: Vec<Dispatch>,
    backward: Vec<Dispatch>,
    outputs: Vec<BufferId>,
    gradients: Vec<Option<BufferId>>,
    complete_after: Vec<usize>,
    /// What each node's convolution or linear layer runs with.
    weights: Vec<Option<BufferId>>,
    /// Which cell each window of a max-pool took its maximum from.
    places: Vec<Option<BufferId>>,
    /// Bound where a kernel has a binding that its flags leave unused.
    unused: BufferId,
    /// Transformed inputs, and products of these and the weights; of the convolution at work.
    patches: BufferId,
    products: BufferId,
    /// A gradient before the ReLU, where it has no other place.
    masked: BufferId,
    /// Gradients that have been passed on, and that nobody asks for.
    free: Vec<BufferId>,
}

impl<'a> Planner<'a> {
    fn new(network: &'a Network, tuning: &'a Tuning) -> Self {
        let nodes = network.nodes().len();
        let scratch = |length| Buffer { length, contents: Contents::Empty };
        Self {
            network,
            tuning,
            buffers: vec![scratch(LANES), scratch(LANES), scratch(LANES), scratch(LANES)],
            forward: Vec::new(),
            backward: Vec::new(),
            outputs: Vec::new(),
            gradients: vec![None; nodes],
            complete_after: vec![0; nodes],
            weights: vec![None; nodes],
            places: vec![None; nodes],
            unused: BufferId(0),
            patches: BufferId(1),
            products: BufferId(2),
            masked: BufferId(3),
            free: Vec::new(),
        }
    }

    fn buffer(&mut self, length: usize, contents: Contents) -> BufferId {
        self.buffers.push(Buffer { length, contents });
        BufferId(self.buffers.len() - 1)
    }

    /// Makes a scratch buffer at least so large.
    fn at_least(&mut self, buffer: BufferId, values: usize) -> BufferId {
        let length = &mut self.buffers[buffer.0].length;
        *length = values.max(*length);
        buffer
    }

    fn shape(&self, node: NodeId) -> Shape {
        self.network.node(node).shape
    }

    fn is_layer(&self, node: NodeId) -> bool {
        node == NodeId::INPUT || self.network.layers().iter().any(|layer| layer.node == node)
    }

    /// Whether whoever makes this node's gradient masks it, as nobody but its ReLU will read it.
    fn is_masked_when_stored(&self, node: NodeId) -> bool {
        let relu =
            matches!(&self.network.node(node).operation, Operation::Convolution(parameters) if parameters.relu);
        let uses = self.network.nodes().iter().skip(1).map(|other| {
            let residual = match &other.operation {
                Operation::Convolution(parameters) => parameters.residual == Some(node),
                _ => false,
            };
            usize::from(other.input == node) + usize::from(residual)
        });
        relu && !self.is_layer(node) && uses.sum::<usize>() == 1
    }

    // --- Forward ---

    fn forward(&mut self, id: NodeId) {
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

    fn convolution(&mut self, id: NodeId, convolution: &Convolution) {
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
    fn linear(&mut self, id: NodeId, linear: &Linear) {
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

    // --- Backward ---

    /// Passes the gradient of `id` on to what it is computed from.
    fn backward(&mut self, id: NodeId) {
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
    fn before_relu(&mut self, id: NodeId, convolution: &Convolution, gradient: BufferId) -> BufferId {
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
    fn mask(&mut self, id: NodeId, gradient: BufferId, to: BufferId) {
        let other = Some(self.outputs[id.index()]);
        self.pointwise(id, gradient, Stored { bias: None, other, output: to, flags: flags::MASK });
    }

    fn pointwise(&mut self, id: NodeId, input: BufferId, last: Stored) {
        let vectors = length(self.shape(id)) / LANES;
        let buffers = self.stored(last.bias, last.other, last.output, &[input]);
        let dispatch =
            self.over_results(Kernel::Pointwise, id, vec![vectors as u32, last.flags], buffers, vectors);
        self.backward.push(dispatch);
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
    fn gradient_of(&mut self, node: NodeId) -> BufferId {
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

    fn weights_of(&self, id: NodeId) -> BufferId {
        // Every convolution and linear layer got weights on the way forward.
        self.weights[id.index()].unwrap_or(self.unused)
    }

    // --- Dispatches ---

    /// Input transform, products, output transform. `channels` are the convolution's, whichever way it runs.
    #[allow(clippy::too_many_arguments, reason = "what a convolution is made of")]
    fn winograd(
        &mut self,
        id: NodeId,
        tile: Tile,
        multiply: Kernel,
        channels: (usize, usize),
        weights: BufferId,
        input: BufferId,
        last: Stored,
    ) -> [Dispatch; 3] {
        let Shape { height, width, .. } = self.shape(id);
        let (inputs, outputs) = channels;
        let (depth, results) = match multiply {
            Kernel::WinogradMultiply => (inputs, outputs),
            _ => (outputs, inputs),
        };
        let columns = width.div_ceil(tile.outputs());
        let tiles = height.div_ceil(tile.outputs()) * columns;
        let positions = tile.inputs().pow(2);
        let patches = self.at_least(self.patches, positions * tiles * depth);
        let products = self.at_least(self.products, positions * tiles * results);
        let lanes = self.tuning.transform_lanes;
        let map = |channels: usize| {
            vec![height as u32, width as u32, (channels / lanes) as u32, columns as u32, tiles as u32]
        };

        let before = self.over_results(
            Kernel::WinogradInput(tile),
            id,
            map(depth),
            vec![input, patches],
            tiles * depth / lanes,
        );
        let turned = match tile {
            Tile::Two => packed(&Two::TURNED),
            Tile::Four => packed(&Four::TURNED),
        };
        let [places, _] = multiply.workgroup(self.tuning);
        let invocations = (results / LANES).div_ceil(self.tuning.vectors) * tiles.div_ceil(self.tuning.pixels);
        let products_of = Dispatch {
            kernel: multiply,
            node: id,
            parameters: vec![
                tiles as u32,
                (inputs / LANES) as u32,
                (outputs / LANES) as u32,
                tile.inputs() as u32,
                turned,
            ],
            buffers: vec![patches, weights, products],
            workgroups: [invocations.div_ceil(places) as u32, positions as u32, 1],
        };
        let mut parameters = map(results);
        parameters.push(last.flags);
        let buffers = self.stored(last.bias, last.other, last.output, &[products]);
        let after =
            self.over_results(Kernel::WinogradOutput(tile), id, parameters, buffers, tiles * results / lanes);
        [before, products_of, after]
    }

    fn direct(&self, id: NodeId, window: Window, weights: BufferId, input: BufferId, last: Stored) -> Dispatch {
        let parts = window.to.height * window.to.width.div_ceil(self.tuning.pixels);
        let kernel = if window.is_stem() {
            Kernel::Stem
        } else {
            Kernel::Convolution(self.sums(parts, window.to.channels, window.from.channels))
        };
        self.direct_dispatch(kernel, id, window, parts, window.to.channels, &[input, weights], last)
    }

    fn direct_gradient(
        &self,
        id: NodeId,
        window: Window,
        weights: BufferId,
        gradient: BufferId,
        last: Stored,
    ) -> Dispatch {
        let parts = |pixels: usize| {
            window.from.height * window.stride * window.from.width.div_ceil(pixels * window.stride)
        };
        let (kernel, parts) = if window.is_stem() {
            (Kernel::StemGradient, parts(Kernel::StemGradient.pixels(self.tuning)))
        } else {
            let parts = parts(self.tuning.pixels);
            let sums = self.sums(parts, window.from.channels, window.to.channels);
            (Kernel::ConvolutionGradient(sums), parts)
        };
        self.direct_dispatch(kernel, id, window, parts, window.from.channels, &[gradient, weights], last)
    }

    #[allow(clippy::too_many_arguments, reason = "what a convolution is made of")]
    fn direct_dispatch(
        &self,
        kernel: Kernel,
        id: NodeId,
        window: Window,
        parts: usize,
        channels: usize,
        read: &[BufferId],
        last: Stored,
    ) -> Dispatch {
        let mut parameters = map_parameters(window.from);
        parameters.extend(map_parameters(window.to));
        parameters.extend([window.kernel, window.stride, window.padding].map(|value| value as u32));
        parameters.push(last.flags);
        let [places, _] = kernel.workgroup(self.tuning);
        let invocations = (padded(channels) / LANES).div_ceil(self.tuning.vectors) * parts;
        Dispatch {
            kernel,
            node: id,
            parameters,
            buffers: self.stored(last.bias, last.other, last.output, read),
            workgroups: [invocations.div_ceil(places) as u32, 1, 1],
        }
    }

    /// Whether a direct convolution shares its sums: where it has few results and long sums.
    fn sums(&self, parts: usize, results: usize, depth: usize) -> Sums {
        let invocations = parts * (padded(results) / LANES).div_ceil(self.tuning.vectors);
        let long = padded(depth) / LANES >= 2 * self.tuning.slices;
        if self.tuning.slices > 1 && long && invocations < FEW_INVOCATIONS { Sums::Sliced } else { Sums::Whole }
    }

    /// A kernel with one invocation for each of `results`.
    fn over_results(
        &self,
        kernel: Kernel,
        node: NodeId,
        parameters: Vec<u32>,
        buffers: Vec<BufferId>,
        results: usize,
    ) -> Dispatch {
        let [places, _] = kernel.workgroup(self.tuning);
        Dispatch { kernel, node, parameters, buffers, workgroups: [results.div_ceil(places) as u32, 1, 1] }
    }

    /// The buffers of a kernel that ends in `store.wgsl`.
    fn stored(
        &self,
        bias: Option<BufferId>,
        other: Option<BufferId>,
        output: BufferId,
        read: &[BufferId],
    ) -> Vec<BufferId> {
        let mut buffers = vec![bias.unwrap_or(self.unused), other.unwrap_or(self.unused), output];
        buffers.extend(read);
        buffers
    }
}

/// What becomes of results: the bindings and flags of `store.wgsl`.
#[derive(Clone, Copy)]
struct Stored {
    bias: Option<BufferId>,
    other: Option<BufferId>,
    output: BufferId,
    flags: u32,
}

/// A convolution's geometry.
#[derive(Clone, Copy)]
struct Window {
    from: Shape,
    to: Shape,
    kernel: usize,
    stride: usize,
    padding: usize,
}

impl Window {
    /// Whether there are kernels for just this one.
    fn is_stem(&self) -> bool {
        (self.kernel, self.stride, self.padding) == (7, 2, 3) && self.from.channels <= 3
    }
}

/// Channels with the padding of a cell.
const fn padded(channels: usize) -> usize {
    channels.next_multiple_of(LANES)
}

/// The tiles of a convolution that Winograd's filtering can compute.
fn winograd_tile(convolution: &Convolution, output: Shape) -> Option<Tile> {
    let &Convolution { kernel, stride, padding, .. } = convolution;
    let large = output.height.min(output.width) >= SIDE_OF_LARGE_TILES;
    match (kernel, stride, padding) {
        (3, 1, 1) => Some(if large { Tile::Four } else { Tile::Two }),
        _ => None,
    }
}

/// Height, width, vectors of a cell.
fn map_parameters(shape: Shape) -> Vec<u32> {
    [shape.height, shape.width, padded(shape.channels) / LANES].map(|value| value as u32).to_vec()
}

fn window_parameters(from: Shape, to: Shape, pool: &MaxPool) -> Vec<u32> {
    [
        from.height,
        from.width,
        to.height,
        to.width,
        padded(from.channels) / LANES,
        pool.kernel,
        pool.stride,
        pool.padding,
    ]
    .map(|value| value as u32)
    .to_vec()
}

/// Four bits for each, the first in the lowest.
fn packed(places: &[usize]) -> u32 {
    places.iter().rev().fold(0, |packed, &place| packed << 4 | place as u32)
}
