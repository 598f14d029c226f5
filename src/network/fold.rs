//! Rewrites of the plain graph that change no answer but by rounding: a scale and shift of what only it reads goes into the
//! weights before it.
//!
//! `a (w·x + b) + s = (a w)·x + (a b + s)`, exact whatever the padding, since that comes before the weights. Computed in
//! `f64` and rounded once.

use super::{Node, NodeId, Operation};
use std::sync::Arc;

/// Folds every scale and shift that stands behind a convolution or a linear layer.
pub(super) fn fold(nodes: Vec<Node>) -> Vec<Node> {
    let mut uses = vec![0_usize; nodes.len()];
    nodes.iter().flat_map(|node| &node.inputs).for_each(|input| uses[input.0] += 1);
    let mut renamed: Vec<NodeId> = Vec::with_capacity(nodes.len());
    let mut folded: Vec<Node> = Vec::with_capacity(nodes.len());
    for mut node in nodes {
        let before = node.inputs.first().map(|input| (uses[input.0], renamed[input.0]));
        node.inputs.iter_mut().for_each(|input| *input = renamed[input.0]);
        if let (Operation::Affine(affine), Some((1, producer))) = (&node.operation, before)
            && let Some(operation) = scaled(&folded[producer.0].operation, &affine.scale, &affine.shift)
        {
            folded[producer.0].operation = operation;
            renamed.push(producer);
            continue;
        }
        renamed.push(NodeId(folded.len()));
        folded.push(node);
    }
    folded
}

/// The operation with its results scaled and shifted; `None` for one without weights of its own.
fn scaled(operation: &Operation, scale: &[f64], shift: &[f64]) -> Option<Operation> {
    let weights = |weight: &[f32]| {
        let filters = weight.chunks_exact(weight.len() / scale.len());
        let scaled =
            filters.zip(scale).flat_map(|(filter, factor)| filter.iter().map(move |w| f64::from(*w) * factor));
        Arc::new(scaled.map(|value| value as f32).collect())
    };
    let biases = |bias: &[f32]| {
        let scaled = bias.iter().zip(scale).zip(shift).map(|((b, factor), shift)| f64::from(*b) * factor + shift);
        Arc::new(scaled.map(|value| value as f32).collect())
    };
    match operation {
        Operation::Convolution(plain) => {
            let mut folded = plain.clone();
            (folded.weight, folded.bias) = (weights(&plain.weight), biases(&plain.bias));
            Some(folded.into())
        }
        Operation::Linear(plain) => {
            let mut folded = plain.clone();
            (folded.weight, folded.bias) = (weights(&plain.weight), biases(&plain.bias));
            Some(folded.into())
        }
        _ => None,
    }
}
