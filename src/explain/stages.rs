//! The stages of a network.

use crate::network::{Layer, Network, NodeId};

/// The last layer of each stage, from the first to the last: a stage is all that has the same size. A layer that is one
/// operation on the photo itself, a stem, is none.
pub(super) fn stages(network: &Network) -> Vec<Layer> {
    let layers: Vec<&Layer> =
        network.layers().iter().filter(|layer| network.node(layer.node).input != NodeId::INPUT).collect();
    let size = |layer: &Layer| {
        let shape = network.node(layer.node).shape;
        (shape.height, shape.width)
    };
    let mut stages: Vec<Layer> = Vec::new();
    for layer in layers {
        match stages.last_mut() {
            Some(stage) if size(stage) == size(layer) => *stage = layer.clone(),
            _ => stages.push(layer.clone()),
        }
    }
    stages
}
