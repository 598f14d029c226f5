//! What the GPU does for a network, as data: buffers, and dispatches in their order. Knows no device.

mod backward;
mod dispatches;
mod forward;

use super::kernel::{Kernel, Tile};
use super::tuning::Tuning;
use crate::engine::layout::LANES;
use crate::network::{Network, NodeId, Operation, Shape};

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

impl Contents {
    /// Whose parameters these are.
    pub fn node(self) -> Option<NodeId> {
        match self {
            Self::Empty => None,
            Self::Weights(node) | Self::TransformedWeights(node, _) | Self::Bias(node) => Some(node),
        }
    }
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
    /// The kernel's `Parameters`, in their order, but for the flags.
    pub parameters: Vec<u32>,
    /// The last of the `Parameters`, where the kernel ends in `store.wgsl`: what becomes of its results.
    flags: Option<u32>,
    /// What is bound from binding 1 on.
    pub buffers: Vec<BufferId>,
    /// Workgroups along each dimension.
    pub workgroups: [u32; 3],
}

impl Dispatch {
    /// The kernel's `Parameters` as they lie in memory.
    pub fn words(&self) -> impl Iterator<Item = u32> {
        self.parameters.iter().copied().chain(self.flags)
    }

    /// Its part in guided backpropagation: a gradient that is masked goes through a ReLU of its own as well.
    fn guided(&self) -> Self {
        let guided = |flags| if flags & flags::MASK == 0 { flags } else { flags | flags::RELU };
        Self { flags: self.flags.map(guided), ..self.clone() }
    }
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

    /// Names of all [`buffers`](Self::buffers).
    pub fn buffer_ids(&self) -> impl Iterator<Item = BufferId> + use<> {
        (0..self.buffers.len()).map(BufferId)
    }

    /// [`backward`](Self::backward) for guided backpropagation: the same dispatches, into the same buffers.
    pub fn guided(&self) -> Vec<Dispatch> {
        self.backward.iter().map(Dispatch::guided).collect()
    }

    /// How many dispatches of [`forward`](Self::forward) it takes to complete the output of `node`, and of all before it.
    pub fn complete(&self, node: NodeId) -> usize {
        self.forward.partition_point(|dispatch| dispatch.node <= node)
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

/// What is known while a plan is made.
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
}

/// What becomes of results: the bindings and flags of `store.wgsl`.
#[derive(Clone, Copy)]
struct Stored {
    bias: Option<BufferId>,
    other: Option<BufferId>,
    output: BufferId,
    flags: u32,
}

/// Which way an operation runs.
#[derive(Clone, Copy)]
enum Direction {
    /// From its input to its output.
    Forward,
    /// From its output's gradient to its input's.
    Backward,
}

/// A convolution's geometry. A linear layer is one of 1 × 1 on maps of one cell, whose channels are all that its input
/// has in memory.
#[derive(Clone, Copy)]
struct Window {
    from: Shape,
    to: Shape,
    kernel: usize,
    stride: usize,
    padding: usize,
}
