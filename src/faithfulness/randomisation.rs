//! Cascading randomisation (Adebayo et al. 2018): the weights are scrambled from the last layer upwards, and at each step
//! the map is compared with the one of the trained weights. A map that hardly changes does not show what the network has
//! learnt.
//!
//! The trained values of each operation are shuffled among themselves. So they keep their
//! distribution, and with it the activations their order of magnitude, though BatchNorm has been folded into them; what is
//! lost is only what was learnt.

use super::correlation::rank_correlation;
use crate::engine::Engine;
use crate::explain::{ExplainError, Explainer, Explanation, Question};
use crate::network::{Network, NodeId, Operation};
use crate::random::Random;

/// The map after one more part of the network has been scrambled.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomisationStep {
    /// The part nearest to the input that is scrambled: a layer, or all behind the last one, by the name of the node of the
    /// logits (`fc` in a ResNet).
    pub layer: String,
    /// Rank correlation of the map with that of the trained weights.
    pub correlation: f64,
    /// What the scrambled network says of the photo, and its map.
    pub explanation: Explanation,
    /// Steps so far.
    pub done: usize,
    /// Steps in all.
    pub total: usize,
}

/// Scrambles the network step by step, and asks `question` about the current photo each time, of the class that it is
/// answered for with the trained weights. `progress` is notified of every step, and asked with `None` within one, where the
/// method itself takes many; where its answer is no, this ends with [`ExplainError::Stopped`]. In any case the trained weights come
/// back.
pub async fn randomise<E: Engine>(
    explainer: &mut Explainer<E>,
    question: &Question,
    mut progress: impl AsyncFnMut(Option<&RandomisationStep>) -> bool,
) -> Result<Vec<RandomisationStep>, ExplainError> {
    let trained = explainer.network().clone();
    let original = explainer.explain_with_progress(question, async |_| progress(None).await).await?;
    let question = Question { target: Some(original.target.index), ..question.clone() };
    let steps = cascade(explainer, &trained, &question, &original, progress).await;
    explainer.replace(trained).await?;
    steps
}

async fn cascade<E: Engine>(
    explainer: &mut Explainer<E>,
    trained: &Network,
    question: &Question,
    original: &Explanation,
    mut progress: impl AsyncFnMut(Option<&RandomisationStep>) -> bool,
) -> Result<Vec<RandomisationStep>, ExplainError> {
    let parts = parts(trained);
    let total = parts.len();
    let mut steps = Vec::new();
    let mut network = trained.clone();
    for (layer, nodes) in parts {
        network = network
            .with_operations(|id, operation| nodes.contains(&id).then(|| shuffled(operation, id.index() as u64)));
        explainer.replace(network.clone()).await?;
        let explanation = explainer.explain_with_progress(question, async |_| progress(None).await).await?;
        let correlation = rank_correlation(&explanation.map.values, &original.map.values);
        let step = RandomisationStep { layer, correlation, explanation, done: steps.len() + 1, total };
        if !progress(Some(&step)).await {
            return Err(ExplainError::Stopped);
        }
        steps.push(step);
    }
    Ok(steps)
}

/// The parts of a network that have weights, from the logits to the input: their names, and the nodes with weights.
fn parts(network: &Network) -> Vec<(String, Vec<NodeId>)> {
    let ends = network.layers().iter().map(|layer| (layer.name.clone(), layer.node));
    let logits = network.logits();
    let mut parts = Vec::new();
    let mut start = NodeId::INPUT;
    for (name, end) in ends.chain([(network.node(logits).name.clone(), logits)]) {
        let has_weights =
            |id: NodeId| id > start && id <= end && network.node(id).operation.facts().parameters > 0;
        let nodes: Vec<NodeId> = network.node_ids().filter(|&id| has_weights(id)).collect();
        if !nodes.is_empty() {
            parts.push((name, nodes));
        }
        start = end;
    }
    parts.reverse();
    parts
}

/// The same operation with the values of each of its arrays of parameters in another order.
fn shuffled(operation: &Operation, seed: u64) -> Operation {
    let mut random = Random::new(seed);
    operation.with_parameters(&mut |values| {
        let mut values = values.to_vec();
        random.shuffle(&mut values);
        values
    })
}
