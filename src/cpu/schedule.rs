//! What runs in which order, and how long each output is needed: those of layers, of the input and of the logits stay, and
//! those that the way back of some step looks at.

use crate::network::{Network, NodeId, Step, fuse};
use crate::operations::BackwardReads;

/// The steps of a network, and what each leaves behind.
pub struct Schedule {
    /// In the order of execution.
    pub steps: Vec<Step>,
    /// By step: the outputs that nothing needs once it has run.
    spent: Vec<Vec<NodeId>>,
}

impl Schedule {
    /// Of a network.
    pub fn new(network: &Network) -> Self {
        let steps = fuse(network);
        let mut is_kept = vec![false; network.nodes().len()];
        let ends = [NodeId::INPUT, network.logits()];
        for id in network.layers().iter().map(|layer| layer.node).chain(ends) {
            is_kept[id.index()] = true;
        }
        let mut last_read = vec![None; network.nodes().len()];
        for (index, step) in steps.iter().enumerate() {
            let node = network.node(step.node);
            let (reads_inputs, mut reads_output) = match node.operation.facts().backward_reads {
                BackwardReads::Nothing => (false, false),
                BackwardReads::Input => (true, false),
                BackwardReads::Output => (false, true),
                BackwardReads::Both | BackwardReads::ArgMax => (true, true),
            };
            // Such activations are undone by their output.
            reads_output |= step.activation.is_some();
            is_kept[step.output.index()] |= reads_output;
            for input in &node.inputs {
                is_kept[input.index()] |= reads_inputs;
            }
            for input in node.inputs.iter().chain(&step.residual) {
                last_read[input.index()] = Some(index);
            }
        }
        let mut spent = vec![Vec::new(); steps.len()];
        for id in network.node_ids().filter(|id| !is_kept[id.index()]) {
            if let Some(index) = last_read[id.index()] {
                spent[index].push(id);
            }
        }
        Self { steps, spent }
    }

    /// The outputs that nothing needs once step number `index` has run.
    pub fn spent(&self, index: usize) -> &[NodeId] {
        &self.spent[index]
    }

    /// The number of the first step whose output stands behind `node`.
    pub fn first_behind(&self, node: NodeId) -> usize {
        self.steps.partition_point(|step| step.output <= node)
    }
}
