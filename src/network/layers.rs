//! Which outputs maps are made of, and what they are called.

use super::{MapShape, Network, Node, NodeId};

/// An output that maps are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// As users know it, e.g. `layer4.1`: the outermost module that ends there.
    pub name: String,
    /// Its node.
    pub node: NodeId,
}

/// All of them: see [`Network::layers`].
pub(super) fn find(nodes: &[Node]) -> Vec<Layer> {
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        node.inputs.iter().for_each(|input| users[input.0].push(index));
    }
    let last_with_weights = nodes.iter().rposition(has_weights).unwrap_or(0);
    let mut layers: Vec<Layer> = Vec::new();
    // The last place where anything before this node is still needed.
    let mut needed_until = 0;
    for (index, node) in nodes.iter().enumerate() {
        let is_cut = needed_until <= index;
        needed_until = needed_until.max(users[index].last().copied().unwrap_or(index));
        let finished_later = matches!(users[index][..], [user] if nodes[user].operation.facts().is_finish);
        if is_cut && index > 0 && node.shape.is_spatial() && index < last_with_weights && !finished_later {
            layers.push(Layer { name: name(nodes, index), node: NodeId(index) });
        }
    }
    layers
}

fn has_weights(node: &Node) -> bool {
    node.operation.facts().parameters > 0
}

/// The outermost module whose last node this is; where it is the last of none, its own name.
fn name(nodes: &[Node], index: usize) -> String {
    let own = &nodes[index].name;
    let modules = own.match_indices('/').map(|(end, _)| &own[..end]);
    let ends_here = |module: &&str| {
        let is_within = |node: &Node| node.name.strip_prefix(*module).is_some_and(|rest| rest.starts_with('/'));
        !nodes[index + 1..].iter().any(is_within)
    };
    match modules.filter(|module| !module.is_empty()).find(ends_here) {
        // Within the outer ones, only the module's own name: `layer4/layer4.1` is `layer4.1`.
        Some(module) => module.rsplit('/').next().unwrap_or(module).to_string(),
        None => own.clone(),
    }
}

/// See [`Network::stages`].
pub(super) fn stages(network: &Network) -> Vec<Layer> {
    let mut weights_before = 0;
    let mut counts = Vec::new();
    for node in network.nodes() {
        weights_before += usize::from(has_weights(node));
        counts.push(weights_before);
    }
    let size = |layer: &Layer| {
        let MapShape { height, width, .. } = network.map_shape(layer.node);
        (height, width)
    };
    let mut stages: Vec<Layer> = Vec::new();
    for layer in network.layers().iter().filter(|layer| counts[layer.node.0] > 1) {
        match stages.last_mut() {
            Some(stage) if size(stage) == size(layer) => *stage = layer.clone(),
            _ => stages.push(layer.clone()),
        }
    }
    stages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Activation, Add, Convolution, GlobalAveragePool, Linear, NetworkBuilder, Window};
    use std::sync::Arc;

    fn convolution() -> Convolution {
        let (weight, bias) = (Arc::new(vec![0.0; 36]), Arc::new(vec![0.0; 2]));
        Convolution { weight, bias, window: Window::square(3, 1, 1), groups: 1 }
    }

    /// Two blocks within a stage, the second with a shortcut, named as the legacy ONNX exporter names modules.
    #[test]
    fn cuts_are_named_by_the_outermost_module_that_ends_there() {
        let mut builder = NetworkBuilder::new(MapShape::new(2, 5, 5));
        let mut push = |name: &str, operation: super::super::Operation, inputs: &[NodeId]| {
            builder.push(name, operation, inputs).expect(name)
        };
        let first = push("stage/stage.0/conv", convolution().into(), &[NodeId::INPUT]);
        let first = push("stage/stage.0/relu", Activation::Relu.into(), &[first]);
        let inner = push("stage/stage.1/conv1", convolution().into(), &[first]);
        let inner = push("stage/stage.1/relu1", Activation::Relu.into(), &[inner]);
        let inner = push("stage/stage.1/conv2", convolution().into(), &[inner]);
        let sum = push("stage/stage.1/add", Add.into(), &[inner, first]);
        let second = push("stage/stage.1/relu2", Activation::Relu.into(), &[sum]);
        let alone = push("alone", convolution().into(), &[second]);
        let mean = push("mean", GlobalAveragePool.into(), &[alone]);
        let (weight, bias) = (Arc::new(vec![0.0; 6]), Arc::new(vec![0.0; 3]));
        let logits = push("fc", Linear { weight, bias }.into(), &[mean]);
        let network = builder.finish("two blocks", logits).expect("a network");
        let found: Vec<(&str, NodeId)> =
            network.layers().iter().map(|layer| (layer.name.as_str(), layer.node)).collect();
        assert_eq!(found, [("stage.0", first), ("stage", second), ("alone", alone)]);
        assert_eq!(network.stages().len(), 1);
    }

    #[test]
    fn without_weights_behind_it_nothing_is_a_layer() {
        let mut builder = NetworkBuilder::new(MapShape::new(2, 5, 5));
        let first = builder.push("first", convolution(), &[NodeId::INPUT]).expect("a convolution");
        let last = builder.push("last", convolution(), &[first]).expect("a convolution");
        let mean = builder.push("mean", GlobalAveragePool, &[last]).expect("a mean");
        let network = builder.finish("means of features", mean).expect("a network");
        let names: Vec<&str> = network.layers().iter().map(|layer| layer.name.as_str()).collect();
        assert_eq!(names, ["first"]);
    }
}
