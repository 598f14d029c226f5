//! The graph itself.

use super::layers::{self, Layer};
use super::{Activation, LARGEST_INPUT_SIDE, MapShape, NetworkError, Operation, SMALLEST_INPUT_SIDE, Shape};

/// Names a node's output within its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(super) usize);

impl NodeId {
    /// The network's input, the first node of every network.
    pub const INPUT: Self = Self(0);

    /// Position in [`Network::nodes`].
    pub const fn index(self) -> usize {
        self.0
    }
}

/// One operation of the graph.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its place among the modules of the network, from the outermost to its own name, parted by `/`: `layer4.1/conv2`.
    pub name: String,
    /// What it computes.
    pub operation: Operation,
    /// From which nodes' outputs, all of which stand before it. None for the input.
    pub inputs: Vec<NodeId>,
    /// Shape of its output.
    pub shape: Shape,
}

/// A network that engines can execute.
#[derive(Debug, Clone)]
pub struct Network {
    architecture: String,
    nodes: Vec<Node>,
    layers: Vec<Layer>,
}

impl Network {
    /// Of nodes in the order of execution, the last of which gives the logits.
    pub(super) fn new(architecture: String, nodes: Vec<Node>) -> Self {
        let layers = layers::find(&nodes);
        Self { architecture, nodes, layers }
    }

    /// The same network for a square input of another side, in pixels. It keeps its layers, even those that are left with a
    /// single cell.
    ///
    /// # Errors
    /// If `side` is out of bounds ([`SMALLEST_INPUT_SIDE`], [`LARGEST_INPUT_SIDE`]), or if the network fits no other input,
    /// as one with a linear layer over a whole feature map.
    pub fn with_input_side(mut self, side: usize) -> Result<Self, NetworkError> {
        let refused = NetworkError::InputSide { side };
        if !(SMALLEST_INPUT_SIDE..=LARGEST_INPUT_SIDE).contains(&side) {
            return Err(refused);
        }
        self.nodes[0].shape = Shape::map(self.input_shape().channels, side, side);
        for index in 1..self.nodes.len() {
            let node = &self.nodes[index];
            let inputs: Vec<Shape> = node.inputs.iter().map(|&input| self.node(input).shape).collect();
            self.nodes[index].shape = node.operation.output_shape(&inputs).map_err(|_| refused.clone())?;
        }
        Ok(self)
    }

    /// E.g. `resnet18`.
    pub fn architecture(&self) -> &str {
        &self.architecture
    }

    /// Number of logits.
    pub fn classes(&self) -> usize {
        self.node(self.logits()).shape.len()
    }

    /// Learnt values in all.
    pub fn parameters(&self) -> usize {
        self.nodes.iter().map(|node| node.operation.facts().parameters).sum()
    }

    /// Whether there is a ReLU, which guided backpropagation goes by.
    pub fn has_relu(&self) -> bool {
        self.nodes.iter().any(|node| matches!(node.operation, Operation::Activation(Activation::Relu)))
    }

    /// Every operation, in the order of execution.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// One operation. `id` must come from this network.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// Shape of a node's output in memory. `id` must come from this network.
    pub fn map_shape(&self, id: NodeId) -> MapShape {
        self.node(id).shape.as_map()
    }

    /// Identifiers of all nodes, in the order of execution.
    pub fn node_ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).map(NodeId)
    }

    /// The outputs that maps are made of, from the input to the logits. Each is a spatial *cut*: every path from the input
    /// to the logits leads through it, so that the gradient there says all; behind it stands an operation with weights; and
    /// it is not followed at once by nothing but its activation or norm.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The layer of this name.
    pub fn layer(&self, name: &str) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.name == name)
    }

    /// The last layer, the default target layer.
    pub fn default_layer(&self) -> Option<&Layer> {
        self.layers.last()
    }

    /// Whether `node` is a layer's.
    pub fn is_layer(&self, node: NodeId) -> bool {
        self.layers.iter().any(|layer| layer.node == node)
    }

    /// The last layer of each size, from the first to the last. A layer that no more than one operation with weights leads
    /// to, a stem, is none.
    pub fn stages(&self) -> Vec<Layer> {
        layers::stages(self)
    }

    /// Whether `other` is this network but for its parameters, so that one can be executed in place of the other.
    pub fn has_same_graph(&self, other: &Self) -> bool {
        let same = |(own, other): (&Node, &Node)| {
            own.inputs == other.inputs
                && own.shape == other.shape
                && own.operation.has_same_geometry(&other.operation)
        };
        self.layers == other.layers
            && self.nodes.len() == other.nodes.len()
            && self.nodes.iter().zip(&other.nodes).all(same)
    }

    /// This network with another operation at some nodes: `change` is asked about each, and leaves those alone that it
    /// answers with `None`.
    ///
    /// # Panics
    /// Where an operation has another geometry: the graph must stay the same.
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
    pub fn input_shape(&self) -> MapShape {
        self.nodes[0].shape.as_map()
    }

    /// How many inputs of other nodes each node's output is.
    pub fn uses(&self) -> Vec<usize> {
        let mut uses = vec![0; self.nodes.len()];
        for input in self.nodes.iter().flat_map(|node| &node.inputs) {
            uses[input.0] += 1;
        }
        uses
    }
}
