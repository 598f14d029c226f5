//! An engine of nothing but definitions: the reference kernels in `f64`. Slow, and beyond doubt.

use super::backward;
use gradcam::cpu::kernels::convolution::reference as convolution;
use gradcam::cpu::kernels::max_pool::reference as max_pool;
use gradcam::engine::{Description, Engine, EngineError, FeatureMaps};
use gradcam::network::{Network, NodeId, Operation};

pub struct ReferenceEngine {
    network: Network,
    /// Outputs of the last forward, by node.
    outputs: Vec<Vec<f32>>,
    /// The last seed, and its gradients by node.
    gradients: Option<(Vec<f32>, Vec<Vec<f64>>)>,
}

impl ReferenceEngine {
    pub fn new(network: Network) -> Self {
        Self { network, outputs: Vec::new(), gradients: None }
    }
}

impl Engine for ReferenceEngine {
    fn network(&self) -> &Network {
        &self.network
    }

    fn description(&self) -> Description {
        Description { kind: "reference", adapter: None, threads: 1, simd: "none" }
    }

    async fn forward(&mut self, input: &[f32]) -> Result<Vec<f32>, EngineError> {
        Ok(self.run(vec![widen(input)]))
    }

    async fn activation(&mut self, node: NodeId) -> Result<FeatureMaps, EngineError> {
        let values = self.outputs.get(node.index()).ok_or(EngineError::NoForward)?.clone();
        Ok(FeatureMaps { shape: self.network.node(node).shape, values })
    }

    async fn gradient(&mut self, seed: &[f32], layer: NodeId) -> Result<FeatureMaps, EngineError> {
        if self.gradients.as_ref().is_none_or(|(last, _)| last != seed) {
            let gradients = backward::gradients(&self.network, &self.outputs, seed);
            self.gradients = Some((seed.to_vec(), gradients));
        }
        let (_, gradients) = self.gradients.as_ref().ok_or(EngineError::NoForward)?;
        let values = narrow(&gradients[layer.index()]);
        Ok(FeatureMaps { shape: self.network.node(layer).shape, values })
    }

    async fn guided_gradient(&mut self, seed: &[f32]) -> Result<FeatureMaps, EngineError> {
        let gradients = backward::guided(&self.network, &self.outputs, seed);
        Ok(FeatureMaps { shape: self.network.input_shape(), values: narrow(&gradients[0]) })
    }

    async fn forward_from(&mut self, layer: NodeId, activation: &[f32]) -> Result<Vec<f32>, EngineError> {
        let mut outputs: Vec<Vec<f64>> = self.outputs.iter().map(|output| widen(output)).collect();
        outputs.truncate(layer.index());
        outputs.push(widen(activation));
        Ok(self.run(outputs))
    }

    async fn replace(&mut self, network: Network) -> Result<(), EngineError> {
        *self = Self::new(network);
        Ok(())
    }
}

impl ReferenceEngine {
    /// Runs every node behind those whose outputs are given.
    fn run(&mut self, mut outputs: Vec<Vec<f64>>) -> Vec<f32> {
        for node in &self.network.nodes()[outputs.len()..] {
            let shape = self.network.node(node.input).shape;
            let output = match &node.operation {
                Operation::Input => unreachable!("only the first node"),
                Operation::Convolution(parameters) => {
                    let residual = parameters.residual.map(|residual| &*outputs[residual.index()]);
                    convolution::forward(parameters, shape, node.shape, &outputs[node.input.index()], residual)
                }
                &Operation::MaxPool(pool) => {
                    // Picks values, computes none: f32 loses nothing that its neighbours have not lost already.
                    let input = narrow(&outputs[node.input.index()]);
                    widen(&max_pool::forward(pool, shape, node.shape, &input))
                }
                Operation::GlobalAveragePool => outputs[node.input.index()]
                    .chunks_exact(shape.area())
                    .map(|channel| channel.iter().sum::<f64>() / shape.area() as f64)
                    .collect(),
                Operation::Linear(linear) => linear
                    .weight
                    .chunks_exact(shape.len())
                    .zip(&linear.bias)
                    .map(|(row, &bias)| {
                        let products = row.iter().zip(&outputs[node.input.index()]);
                        f64::from(bias) + products.map(|(&weight, &value)| f64::from(weight) * value).sum::<f64>()
                    })
                    .collect(),
            };
            outputs.push(output);
        }
        self.outputs = outputs.iter().map(|output| narrow(output)).collect();
        self.gradients = None;
        self.outputs[self.network.logits().index()].clone()
    }
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

fn widen(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}
