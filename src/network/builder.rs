//! Puts a network together, node by node.

use super::fold::fold;
use super::{MapShape, Network, NetworkError, Node, NodeId, Operation, Shape};

/// Puts a network together, node by node. Works out the shapes, and refuses what does not fit by the name of its node: whatever a file
/// says, it never panics.
#[derive(Debug)]
pub struct NetworkBuilder {
    nodes: Vec<Node>,
}

impl NetworkBuilder {
    /// Begins with the input.
    pub fn new(input: MapShape) -> Self {
        let name = "input".to_string();
        let shape = Shape::Map(input);
        Self { nodes: vec![Node { name, operation: Operation::Input, inputs: Vec::new(), shape }] }
    }

    /// Appends an operation on the outputs of other nodes. `name` is as [`Node::name`] says.
    ///
    /// # Errors
    /// [`NetworkError::Misfit`] where the operation cannot be applied to them.
    pub fn push(
        &mut self,
        name: impl Into<String>,
        operation: impl Into<Operation>,
        inputs: &[NodeId],
    ) -> Result<NodeId, NetworkError> {
        let (name, operation) = (name.into(), operation.into());
        let shapes: Option<Vec<Shape>> =
            inputs.iter().map(|input| self.nodes.get(input.0).map(|node| node.shape)).collect();
        let shape = match shapes {
            Some(shapes) => operation.output_shape(&shapes).map_err(|misfit| misfit.0),
            None => Err("it reads a node that does not stand before it".to_string()),
        };
        let shape = shape.map_err(|reason| {
            let (node, operation) = (name.clone(), operation.facts().name);
            NetworkError::Misfit { node, operation, reason }
        })?;
        self.nodes.push(Node { name, operation, inputs: inputs.to_vec(), shape });
        Ok(NodeId(self.nodes.len() - 1))
    }

    /// The finished network, whose logits `logits` gives. What does not lead there is left out, and scales and shifts go into
    /// the weights before them.
    ///
    /// # Errors
    /// [`NetworkError::NoLogits`] where that node's output has cells.
    pub fn finish(self, architecture: impl Into<String>, logits: NodeId) -> Result<Network, NetworkError> {
        Ok(Network::new(architecture.into(), fold(self.leading_to(logits)?)))
    }

    /// The same without any rewriting: the plain graph, which the tests compare with.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub fn finish_plain(self, architecture: impl Into<String>, logits: NodeId) -> Result<Network, NetworkError> {
        Ok(Network::new(architecture.into(), self.leading_to(logits)?))
    }

    /// The nodes that lead to the logits, which come last.
    fn leading_to(self, logits: NodeId) -> Result<Vec<Node>, NetworkError> {
        let last = &self.nodes[logits.0];
        if last.shape.as_map().area() != 1 || logits == NodeId::INPUT {
            let (node, shape) = (last.name.clone(), last.shape.to_string());
            return Err(NetworkError::NoLogits { node, shape });
        }
        let mut leads_there = vec![false; self.nodes.len()];
        leads_there[0] = true;
        leads_there[logits.0] = true;
        for index in (0..=logits.0).rev().filter(|&index| index > 0) {
            if leads_there[index] {
                self.nodes[index].inputs.iter().for_each(|input| leads_there[input.0] = true);
            }
        }
        let mut renamed = vec![NodeId::INPUT; self.nodes.len()];
        let mut nodes: Vec<Node> = Vec::new();
        for (index, mut node) in self.nodes.into_iter().enumerate().filter(|&(index, _)| leads_there[index]) {
            renamed[index] = NodeId(nodes.len());
            node.inputs.iter_mut().for_each(|input| *input = renamed[input.0]);
            nodes.push(node);
        }
        Ok(nodes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Activation, Add, GlobalAveragePool, MaxPool};

    #[test]
    fn a_misfit_is_refused_by_the_name_of_its_node() {
        let mut builder = NetworkBuilder::new(MapShape::new(2, 4, 4));
        let pool = builder.push("pool", MaxPool::square(2, 2, 0), &[NodeId::INPUT]).expect("a pool");
        let error = builder.push("stage/sum", Add, &[NodeId::INPUT, pool]).expect_err("other sizes").to_string();
        assert!(error.contains("“stage/sum”, a sum,") && error.contains("2 × 4 × 4 to 2 × 2 × 2"), "{error}");
        for (operation, inputs) in [
            (Operation::from(MaxPool::square(9, 1, 0)), vec![pool]),
            (Operation::from(MaxPool::square(2, 0, 0)), vec![pool]),
            (Operation::from(MaxPool::square(usize::MAX, 1, 0)), vec![pool]),
            (Operation::from(Add), vec![pool]),
            (Operation::from(Activation::Relu), vec![NodeId(99)]),
            (Operation::Input, vec![]),
        ] {
            let error = builder.push("node", operation.clone(), &inputs).expect_err("a misfit");
            assert!(
                matches!(&error, NetworkError::Misfit { node, .. } if node == "node"),
                "{operation:?}: {error}"
            );
        }
        assert!(matches!(builder.finish("map", pool), Err(NetworkError::NoLogits { .. })));
    }

    #[test]
    fn what_does_not_lead_to_the_logits_is_left_out() {
        let mut builder = NetworkBuilder::new(MapShape::new(2, 4, 4));
        builder.push("dead", MaxPool::square(2, 2, 0), &[NodeId::INPUT]).expect("a pool");
        let relu = builder.push("relu", Activation::Relu, &[NodeId::INPUT]).expect("a ReLU");
        let mean = builder.push("mean", GlobalAveragePool, &[relu]).expect("a mean");
        builder.push("also dead", Activation::Relu, &[mean]).expect("a ReLU");
        let network = builder.finish("two nodes", mean).expect("a network");
        let names: Vec<&str> = network.nodes().iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["input", "relu", "mean"]);
        assert_eq!(network.node(network.logits()).inputs, [NodeId(1)]);
    }
}
