//! From the plain graph to the steps that engines run: sums and activations move into the store of what stands before them.

use super::{Activation, Network, NodeId, Operation};
use crate::operations::{BackwardReads, Definition, Facts};

/// One kernel that runs, and what its results go through before they are stored:
/// `activation?(operation(inputs) + residual?)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whose operation it is.
    pub node: NodeId,
    /// The node whose output is added to the operation's.
    pub residual: Option<NodeId>,
    /// What comes last.
    pub activation: Option<Activation>,
    /// The node whose output is stored: the last of those that became one step.
    pub output: NodeId,
}

/// The steps of a network, in the order of execution. Outputs of nodes that are no step's output never exist; those of
/// layers always do.
pub fn fuse(network: &Network) -> Vec<Step> {
    let uses = network.uses();
    let mut user = vec![None; network.nodes().len()];
    for id in network.node_ids() {
        network.node(id).inputs.iter().for_each(|input| user[input.0] = Some(id));
    }
    // The only user of a node whose output nobody else needs to see.
    let only_user = |id: NodeId| user[id.0].filter(|_| uses[id.0] == 1 && !network.is_layer(id));
    let mut is_fused = vec![false; network.nodes().len()];
    let mut steps = Vec::new();
    for id in network.node_ids().skip(1) {
        if is_fused[id.0] {
            continue;
        }
        let mut step = Step { node: id, residual: None, activation: None, output: id };
        if may_end_in_epilogue(network.node(id).operation.facts()) {
            if let Some(sum) = only_user(id)
                && let Some(residual) = residual_of(network, sum, id)
            {
                is_fused[sum.0] = true;
                step = Step { residual: Some(residual), output: sum, ..step };
            }
            if let Some(next) = only_user(step.output)
                && let Operation::Activation(activation) = network.node(next).operation
                && activation.facts().backward_reads == BackwardReads::Output
            {
                is_fused[next.0] = true;
                step = Step { activation: Some(activation), output: next, ..step };
            }
        }
        steps.push(step);
    }
    steps
}

/// Whether a step's own way back can do without the output of the operation itself, which is not stored.
fn may_end_in_epilogue(facts: Facts) -> bool {
    let reads_output = matches!(facts.backward_reads, BackwardReads::Output | BackwardReads::Both);
    facts.has_epilogue && !reads_output
}

/// The other operand of `sum`, a sum of two, if that is computed before `operand`: the last operand takes the sum.
fn residual_of(network: &Network, sum: NodeId, operand: NodeId) -> Option<NodeId> {
    let node = network.node(sum);
    match (&node.operation, &node.inputs[..]) {
        (Operation::Add(_), &[first, second]) => {
            let other = if first == operand { second } else { first };
            (other < operand).then_some(other)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Add, Convolution, GlobalAveragePool, MapShape, NetworkBuilder, Window};
    use std::sync::Arc;

    fn convolution() -> Operation {
        let (weight, bias) = (Arc::new(vec![0.0; 36]), Arc::new(vec![0.0; 2]));
        Convolution { weight, bias, window: Window::square(3, 1, 1), groups: 1 }.into()
    }

    fn relu() -> Operation {
        Activation::Relu.into()
    }

    #[test]
    fn the_last_operand_takes_sum_and_activation() {
        let mut builder = NetworkBuilder::new(MapShape::new(2, 5, 5));
        let mut push = |name: &str, operation: Operation, inputs: &[NodeId]| {
            builder.push(name, operation, inputs).expect(name)
        };
        let stem = push("stem", convolution(), &[NodeId::INPUT]);
        let stem_relu = push("stem relu", relu(), &[stem]);
        let shortcut = push("shortcut", convolution(), &[stem_relu]);
        let branch = push("branch", convolution(), &[stem_relu]);
        let sum = push("sum", Add.into(), &[branch, shortcut]);
        let block = push("block", relu(), &[sum]);
        // Of a sum with itself nothing can be fused, nor a ReLU of what is used twice.
        let twice = push("twice", convolution(), &[block]);
        let doubled = push("doubled", Add.into(), &[twice, twice]);
        let doubled_relu = push("doubled relu", relu(), &[doubled]);
        let mean = push("mean", GlobalAveragePool.into(), &[doubled_relu]);
        let network = builder.finish("fused", mean).expect("a network");
        let step = |node, residual, activation, output| Step { node, residual, activation, output };
        let relu = Some(Activation::Relu);
        assert_eq!(
            fuse(&network),
            [
                step(stem, None, relu, stem_relu),
                step(shortcut, None, None, shortcut),
                step(branch, Some(shortcut), relu, block),
                step(twice, None, None, twice),
                step(doubled, None, None, doubled),
                step(doubled_relu, None, None, doubled_relu),
                step(mean, None, None, mean),
            ]
        );
    }
}
