//! A convolutional network as data: a small graph of operations with named outputs.
//!
//! Engines execute the graph and know nothing of ResNets, so they cannot disagree about the architecture; another
//! family of networks is one more builder beside [`resnet`]. BatchNorm is folded into the convolutions when a network
//! is built. Nodes stand in the order of execution: a node's inputs come before it.

mod batch_norm;
pub mod resnet;

pub use batch_norm::BatchNorm;

use crate::weights::{Weights, WeightsError, quoted};
use std::sync::Arc;

/// The smallest side of an input, in pixels: every layer has a cell of its own down to this one.
pub const SMALLEST_INPUT_SIDE: usize = 32;

/// The largest side of an input, in pixels. There, the outputs of a network's first layers alone take hundreds of megabytes.
pub const LARGEST_INPUT_SIDE: usize = 1024;

/// What stands in the way of building a network.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NetworkError {
    /// A tensor is missing, misshapen or unreadable.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The tensors are those of no architecture that is built here.
    #[error("This model is not a ResNet-18, 34, 50, 101 or 152: {reason}.")]
    Architecture {
        /// What gives it away.
        reason: String,
    },
    /// A tensor belongs to the network, but not to one of its architecture.
    #[error(
        "The model file has a tensor {}, which a {architecture} does not have. Without it the answers would be wrong, so \
         this model cannot be used.",
        quoted(.name)
    )]
    Surplus {
        /// Full name of the tensor.
        name: String,
        /// The architecture that was being built.
        architecture: String,
    },
    /// The network cannot be run on inputs of that size.
    #[error(
        "The network cannot look at {side} × {side} pixels. Choose a side from {SMALLEST_INPUT_SIDE} to \
         {LARGEST_INPUT_SIDE}."
    )]
    InputSide {
        /// Side of the input, in pixels.
        side: usize,
    },
}

impl NetworkError {
    /// Stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Weights(error) => error.code(),
            Self::Architecture { .. } | Self::Surplus { .. } => "model-architecture",
            Self::InputSide { .. } => "input-side",
        }
    }
}

/// Channels, height and width of one photo's feature maps. Vectors (pooled features, logits) are 1 × 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Number of feature maps.
    pub channels: usize,
    /// Rows of each.
    pub height: usize,
    /// Columns of each.
    pub width: usize,
}

impl Shape {
    /// `channels × height × width`.
    pub const fn new(channels: usize, height: usize, width: usize) -> Self {
        Self { channels, height, width }
    }

    /// Cells of one feature map.
    pub const fn area(&self) -> usize {
        self.height * self.width
    }

    /// Values in all.
    pub const fn len(&self) -> usize {
        self.channels * self.area()
    }

    /// Whether there are no values.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Names a node's output within its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(usize);

impl NodeId {
    /// The network's input, the first node of every network.
    pub const INPUT: Self = Self(0);

    /// Position in [`Network::nodes`].
    pub const fn index(self) -> usize {
        self.0
    }
}

/// A square convolution with bias, then an optional residual sum, then an optional ReLU.
#[derive(Debug, Clone)]
pub struct Convolution {
    /// `[out, in, kernel, kernel]`, row-major.
    pub weight: Vec<f32>,
    /// `[out]`.
    pub bias: Vec<f32>,
    /// Side of the kernel, in cells.
    pub kernel: usize,
    /// Step between applications, in cells of the input.
    pub stride: usize,
    /// Zeros around the input, in cells on each side.
    pub padding: usize,
    /// A node of the output's shape that is added before the ReLU.
    pub residual: Option<NodeId>,
    /// Whether `max(0, ·)` comes last.
    pub relu: bool,
}

/// The maximum over square windows; padding counts as −∞.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxPool {
    /// Side of the window, in cells.
    pub kernel: usize,
    /// Step between windows, in cells of the input.
    pub stride: usize,
    /// Cells of padding on each side.
    pub padding: usize,
}

/// `weight · x + bias` over a vector.
#[derive(Debug, Clone)]
pub struct Linear {
    /// `[out, in]`, row-major.
    pub weight: Vec<f32>,
    /// `[out]`.
    pub bias: Vec<f32>,
}

/// What a node computes from its input. Parameters are shared, so that engines need not copy them.
#[derive(Debug, Clone)]
pub enum Operation {
    /// The normalised photo itself; only the first node.
    Input,
    /// See [`Convolution`].
    Convolution(Arc<Convolution>),
    /// See [`MaxPool`].
    MaxPool(MaxPool),
    /// The mean of each feature map.
    GlobalAveragePool,
    /// See [`Linear`].
    Linear(Arc<Linear>),
}

impl Operation {
    /// Shape of the output for an input of shape `from`; `None` where the two do not fit.
    fn output_shape(&self, from: Shape) -> Option<Shape> {
        match self {
            Self::Input => Some(from),
            Self::Convolution(convolution) => {
                let Convolution { kernel, stride, padding, .. } = **convolution;
                let channels = convolution.bias.len();
                let fits = convolution.weight.len() == channels * from.channels * kernel * kernel;
                window_shape(channels, from, kernel, stride, padding).filter(|_| fits)
            }
            &Self::MaxPool(MaxPool { kernel, stride, padding }) => {
                window_shape(from.channels, from, kernel, stride, padding)
            }
            Self::GlobalAveragePool => Some(Shape::new(from.channels, 1, 1)),
            Self::Linear(linear) => {
                let classes = linear.bias.len();
                (linear.weight.len() == classes * from.len()).then_some(Shape::new(classes, 1, 1))
            }
        }
    }

    /// The node whose output is added to this operation's.
    fn residual(&self) -> Option<NodeId> {
        match self {
            Self::Convolution(convolution) => convolution.residual,
            _ => None,
        }
    }

    /// Whether this is the very same operation: the same geometry, and parameters that are shared, not only equal.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Convolution(own), Self::Convolution(other)) => Arc::ptr_eq(own, other),
            (Self::Linear(own), Self::Linear(other)) => Arc::ptr_eq(own, other),
            _ => self.has_same_geometry(other),
        }
    }

    /// Whether they differ in their parameters at most.
    pub fn has_same_geometry(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Input, Self::Input) | (Self::GlobalAveragePool, Self::GlobalAveragePool) => true,
            (Self::Convolution(own), Self::Convolution(other)) => {
                let geometry = |of: &Convolution| (of.kernel, of.stride, of.padding, of.residual, of.relu);
                geometry(own) == geometry(other) && own.weight.len() == other.weight.len()
            }
            (Self::MaxPool(own), Self::MaxPool(other)) => own == other,
            (Self::Linear(own), Self::Linear(other)) => own.weight.len() == other.weight.len(),
            _ => false,
        }
    }
}

/// One operation of the graph.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it computes.
    pub operation: Operation,
    /// From which node's output; itself for the input.
    pub input: NodeId,
    /// Shape of its output.
    pub shape: Shape,
}

/// A named output: every path from the input to the logits leads through it, so that the gradient there can be passed
/// on without knowing anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// As users know it, e.g. `layer4.1`.
    pub name: String,
    /// Its node.
    pub node: NodeId,
}

/// The last two operations of a network whose logits are linear in the mean of its last layer.
#[derive(Debug, Clone)]
pub struct LinearHead {
    /// The layer that is averaged.
    pub layer: Layer,
    /// Its shape.
    pub shape: Shape,
    /// From means to logits.
    pub linear: Arc<Linear>,
}

/// A network that engines can execute.
#[derive(Debug, Clone)]
pub struct Network {
    architecture: String,
    nodes: Vec<Node>,
    layers: Vec<Layer>,
}

impl Network {
    /// Builds the network that the tensors belong to.
    pub fn from_weights(weights: &Weights) -> Result<Self, NetworkError> {
        resnet::build(weights)
    }

    /// The same network for a square input of another side, in pixels.
    ///
    /// Fails if `side` is out of bounds ([`SMALLEST_INPUT_SIDE`], [`LARGEST_INPUT_SIDE`]), or if the network fits no other
    /// input, as one with a linear layer over a whole feature map.
    pub fn with_input_side(mut self, side: usize) -> Result<Self, NetworkError> {
        let refused = NetworkError::InputSide { side };
        if !(SMALLEST_INPUT_SIDE..=LARGEST_INPUT_SIDE).contains(&side) {
            return Err(refused);
        }
        self.nodes[0].shape = Shape::new(self.nodes[0].shape.channels, side, side);
        for index in 1..self.nodes.len() {
            let node = &self.nodes[index];
            let shape = node.operation.output_shape(self.node(node.input).shape).filter(|shape| {
                let residual = node.operation.residual();
                residual.is_none_or(|residual| self.node(residual).shape == *shape)
            });
            self.nodes[index].shape = shape.ok_or_else(|| refused.clone())?;
        }
        Ok(self)
    }

    /// E.g. `resnet18`.
    pub fn architecture(&self) -> &str {
        &self.architecture
    }

    /// Number of logits.
    pub fn classes(&self) -> usize {
        self.node(self.logits()).shape.channels
    }

    /// Weights and biases in all, BatchNorm folded in.
    pub fn parameters(&self) -> usize {
        let count = |node: &Node| match &node.operation {
            Operation::Convolution(convolution) => convolution.weight.len() + convolution.bias.len(),
            Operation::Linear(linear) => linear.weight.len() + linear.bias.len(),
            Operation::Input | Operation::MaxPool(_) | Operation::GlobalAveragePool => 0,
        };
        self.nodes.iter().map(count).sum()
    }

    /// Whether there is a ReLU anywhere.
    pub fn has_relu(&self) -> bool {
        let relu =
            |node: &Node| matches!(&node.operation, Operation::Convolution(convolution) if convolution.relu);
        self.nodes.iter().any(relu)
    }

    /// Every operation, in the order of execution.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// One operation. `id` must come from this network.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// Identifiers of all nodes, in the order of execution.
    pub fn node_ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).map(NodeId)
    }

    /// The named outputs, from the input to the logits.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The layer of this name.
    pub fn layer(&self, name: &str) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.name == name)
    }

    /// The last layer, the default target layer.
    pub fn last_layer(&self) -> Option<&Layer> {
        self.layers.last()
    }

    /// Whether `other` is this network but for its parameters, so that one can be executed in place of the other.
    pub fn has_same_graph(&self, other: &Self) -> bool {
        let same = |(own, other): (&Node, &Node)| {
            own.input == other.input
                && own.shape == other.shape
                && own.operation.has_same_geometry(&other.operation)
        };
        self.layers == other.layers
            && self.nodes.len() == other.nodes.len()
            && self.nodes.iter().zip(&other.nodes).all(same)
    }

    /// This network with another operation at some nodes: `change` is asked about each, and leaves those alone that it
    /// answers with `None`. The graph must stay the same.
    pub fn with_operations(&self, mut change: impl FnMut(NodeId, &Operation) -> Option<Operation>) -> Self {
        let mut changed = self.clone();
        for (index, node) in changed.nodes.iter_mut().enumerate() {
            if let Some(operation) = change(NodeId(index), &node.operation) {
                assert!(node.operation.has_same_geometry(&operation), "an operation of the same geometry");
                node.operation = operation;
            }
        }
        changed
    }

    /// The node of the logits.
    pub fn logits(&self) -> NodeId {
        NodeId(self.nodes.len() - 1)
    }

    /// Shape of the input.
    pub fn input_shape(&self) -> Shape {
        self.nodes[0].shape
    }

    /// The head, where it is a global average pool of the last layer followed by one [`Linear`].
    pub fn linear_head(&self) -> Option<LinearHead> {
        let last = self.node(self.logits());
        let pool = self.node(last.input);
        let layer = self.last_layer()?;
        match (&last.operation, &pool.operation) {
            (Operation::Linear(linear), Operation::GlobalAveragePool) if pool.input == layer.node => {
                Some(LinearHead {
                    layer: layer.clone(),
                    shape: self.node(layer.node).shape,
                    linear: Arc::clone(linear),
                })
            }
            _ => None,
        }
    }
}

/// Puts a network together, node by node, working out the shapes.
///
/// Shapes must fit: a builder of a family checks its tensors' shapes when it reads them, so a misfit here is a
/// mistake of the builder's, and panics.
#[derive(Debug)]
pub struct NetworkBuilder {
    nodes: Vec<Node>,
    layers: Vec<Layer>,
}

impl NetworkBuilder {
    /// Begins with the input.
    pub fn new(input: Shape) -> Self {
        let node = Node { operation: Operation::Input, input: NodeId::INPUT, shape: input };
        Self { nodes: vec![node], layers: Vec::new() }
    }

    /// Appends a convolution of `input`'s output.
    pub fn convolution(&mut self, input: NodeId, convolution: Convolution) -> NodeId {
        self.push(Operation::Convolution(Arc::new(convolution)), input)
    }

    /// Appends a max-pool of `input`'s output.
    pub fn max_pool(&mut self, input: NodeId, pool: MaxPool) -> NodeId {
        self.push(Operation::MaxPool(pool), input)
    }

    /// Appends the mean of each of `input`'s feature maps.
    pub fn global_average_pool(&mut self, input: NodeId) -> NodeId {
        self.push(Operation::GlobalAveragePool, input)
    }

    /// Appends a linear layer over `input`'s output, a vector.
    pub fn linear(&mut self, input: NodeId, linear: Linear) -> NodeId {
        self.push(Operation::Linear(Arc::new(linear)), input)
    }

    /// Names `node`'s output.
    pub fn name(&mut self, name: impl Into<String>, node: NodeId) {
        self.layers.push(Layer { name: name.into(), node });
    }

    /// The finished network; its last node gives the logits.
    pub fn finish(self, architecture: impl Into<String>) -> Network {
        Network { architecture: architecture.into(), nodes: self.nodes, layers: self.layers }
    }

    fn push(&mut self, operation: Operation, input: NodeId) -> NodeId {
        let shape = operation.output_shape(self.nodes[input.0].shape).expect("an operation that fits its input");
        if let Some(residual) = operation.residual() {
            assert_eq!(self.nodes[residual.0].shape, shape, "residual of a convolution");
        }
        self.nodes.push(Node { operation, input, shape });
        NodeId(self.nodes.len() - 1)
    }
}

/// Output shape of a sliding window, `floor((side + 2·padding − kernel) / stride) + 1` along each side; `None` where the
/// window is larger than what it slides over.
fn window_shape(channels: usize, from: Shape, kernel: usize, stride: usize, padding: usize) -> Option<Shape> {
    let side = |length: usize| Some((length + 2 * padding).checked_sub(kernel)? / stride + 1);
    Some(Shape::new(channels, side(from.height)?, side(from.width)?))
}
