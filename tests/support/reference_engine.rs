//! An engine of nothing but definitions, over the plain graph: the reference kernels in `f64`. Slow, and beyond doubt.

use super::backward;
use gradcam::engine::{Description, Engine, EngineError, FeatureMaps};
use gradcam::network::{Network, NodeId};
use gradcam::operations::Values;

pub struct ReferenceEngine {
    network: Network,
    /// Outputs of the last forward, by node.
    outputs: Vec<Vec<f64>>,
    /// The last cotangent, and its gradients by node.
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
        let values = narrow(self.outputs.get(node.index()).ok_or(EngineError::NoForward)?);
        Ok(FeatureMaps { shape: self.network.map_shape(node), values })
    }

    async fn gradient(&mut self, cotangent: &[f32], layer: NodeId) -> Result<FeatureMaps, EngineError> {
        if self.gradients.as_ref().is_none_or(|(last, _)| last != cotangent) {
            let gradients = backward::pass(&self.network, &self.outputs, cotangent, |gradient| gradient);
            self.gradients = Some((cotangent.to_vec(), gradients));
        }
        let (_, gradients) = self.gradients.as_ref().ok_or(EngineError::NoForward)?;
        let values = narrow(&gradients[layer.index()]);
        Ok(FeatureMaps { shape: self.network.map_shape(layer), values })
    }

    async fn guided_gradient(&mut self, cotangent: &[f32]) -> Result<FeatureMaps, EngineError> {
        let gradients = backward::pass(&self.network, &self.outputs, cotangent, |gradient| gradient.max(0.0));
        Ok(FeatureMaps { shape: self.network.input_shape(), values: narrow(&gradients[0]) })
    }

    async fn forward_from(&mut self, layer: NodeId, activation: &[f32]) -> Result<Vec<f32>, EngineError> {
        let mut outputs = self.outputs.clone();
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
        let network = &self.network;
        for id in network.node_ids().skip(outputs.len()) {
            let node = network.node(id);
            let values = |&id: &NodeId| Values { shape: network.map_shape(id), values: &outputs[id.index()] };
            let inputs: Vec<Values> = node.inputs.iter().map(values).collect();
            let reference = node.operation.reference().expect("an operation behind the input");
            let output = reference.forward(&inputs, network.map_shape(id));
            outputs.push(output);
        }
        self.outputs = outputs;
        self.gradients = None;
        narrow(&self.outputs[self.network.logits().index()])
    }
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

fn widen(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}
