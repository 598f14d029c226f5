//! A plain backward pass in `f64` over a forward that an engine has run: its own ReLU masks, its own pooling positions.

use gradcam::network::{Network, Operation};
use gradcam::operations::Values;

/// The gradient of `Σ_c cotangent[c] · logit_c` with respect to every node's output, by node. `outputs` are the engine's, empty
/// where it keeps none.
pub fn gradients(network: &Network, outputs: &[Vec<f32>], cotangent: &[f32]) -> Vec<Vec<f64>> {
    pass(network, &widened(outputs), cotangent, |gradient| gradient)
}

/// The same by guided backpropagation.
pub fn guided(network: &Network, outputs: &[Vec<f32>], cotangent: &[f32]) -> Vec<Vec<f64>> {
    pass(network, &widened(outputs), cotangent, |gradient| gradient.max(0.0))
}

fn widened(outputs: &[Vec<f32>]) -> Vec<Vec<f64>> {
    outputs.iter().map(|output| output.iter().copied().map(f64::from).collect()).collect()
}

/// `through` is what becomes of a gradient that comes to a ReLU.
pub fn pass(
    network: &Network,
    outputs: &[Vec<f64>],
    cotangent: &[f32],
    through: impl Fn(f64) -> f64,
) -> Vec<Vec<f64>> {
    let mut gradients: Vec<Vec<f64>> =
        network.node_ids().map(|id| vec![0.0; network.map_shape(id).len()]).collect();
    gradients[network.logits().index()] = cotangent.iter().copied().map(f64::from).collect();
    for id in network.node_ids().rev() {
        let node = network.node(id);
        let Some(reference) = node.operation.reference() else { continue };
        let mut gradient = std::mem::take(&mut gradients[id.index()]);
        let values = |id| Values { shape: network.map_shape(id), values: &outputs[id.index()] };
        let inputs: Vec<Values> = node.inputs.iter().map(|&input| values(input)).collect();
        let own = gradient.clone();
        if matches!(node.operation, Operation::Activation(_)) {
            gradient.iter_mut().for_each(|value| *value = through(*value));
        }
        for (index, input) in node.inputs.iter().enumerate() {
            let found = reference.input_gradient(index, &inputs, values(id), &gradient);
            for (sum, value) in gradients[input.index()].iter_mut().zip(found) {
                *sum += value;
            }
        }
        gradients[id.index()] = own;
    }
    gradients
}
