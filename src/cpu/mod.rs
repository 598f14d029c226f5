//! The engine on the CPU: candle's tensors, and custom operations over kernels of our own.
//!
//! Each node's output is a candle tensor, made by a candle custom operation. The gradient takes the way back node by
//! node: it stops where it was asked for, and a later question about the same seed goes on from there.

pub mod kernels;
mod operations;
mod simd;
pub mod threads;

use crate::engine::{Description, Engine, EngineError, FeatureMaps, ReluRule, check_layer, check_length};
use crate::network::{Network, NodeId};
use candle_core::Tensor;
use operations::{PreparedOperation, SharedScratch};

/// See the [module](self).
pub struct CpuEngine {
    network: Network,
    /// What each node runs, by node.
    operations: Vec<PreparedOperation>,
    /// What they all work in.
    scratch: SharedScratch,
    pass: Option<Pass>,
}

/// What one forward leaves behind.
struct Pass {
    /// Output of every node, by node.
    outputs: Vec<Tensor>,
    backward: Option<Backward>,
}

/// The gradients of one seed, as far as they have been asked for.
struct Backward {
    seed: Vec<f32>,
    rule: ReluRule,
    /// By node. Complete at every node from `next` on; those of nodes that are no layers are let go once passed on.
    gradients: Vec<Option<Tensor>>,
    /// All nodes from here on have passed their gradient on.
    next: usize,
}

impl From<candle_core::Error> for EngineError {
    fn from(error: candle_core::Error) -> Self {
        Self::Backend(error.to_string())
    }
}

impl CpuEngine {
    /// Prepares `network` for execution.
    pub fn new(network: Network) -> Result<Self, EngineError> {
        let scratch = SharedScratch::default();
        let operations = network
            .node_ids()
            .map(|id| PreparedOperation::new(&network, id, &scratch))
            .collect::<Result<_, _>>()?;
        Ok(Self { network, operations, scratch, pass: None })
    }

    /// Runs every node behind those whose outputs are given, and returns the logits.
    fn run(&mut self, mut outputs: Vec<Tensor>) -> Result<Vec<f32>, EngineError> {
        for operation in &self.operations[outputs.len()..] {
            outputs.push(operation.forward(&outputs)?);
        }
        let logits = self.network.logits();
        let values = operations::to_channels(self.network.node(logits).shape, &outputs[logits.index()])?;
        if values.iter().any(|logit| !logit.is_finite()) {
            return Err(EngineError::NotFinite);
        }
        self.pass = Some(Pass { outputs, backward: None });
        Ok(values)
    }

    /// The gradient at `node`, going on from what the last pass has already.
    fn gradient_at(&mut self, seed: &[f32], rule: ReluRule, node: NodeId) -> Result<FeatureMaps, EngineError> {
        check_length("seed", seed.len(), self.network.classes())?;
        let pass = self.pass.as_mut().ok_or(EngineError::NoForward)?;
        let backward = match &mut pass.backward {
            Some(backward) if backward.seed == seed && backward.rule == rule => backward,
            other => other.insert(Backward::new(&self.network, seed, rule)?),
        };
        while backward.next > node.index() + 1 {
            let current = backward.next - 1;
            let kept = self.network.layers().iter().any(|layer| layer.node.index() == current);
            let slot = &mut backward.gradients[current];
            let gradient = if kept { slot.clone() } else { slot.take() };
            // A node without a gradient has no way to the logits.
            if let Some(gradient) = gradient {
                let operation = &self.operations[current];
                operation.backward(&pass.outputs, current, &gradient, rule, &mut backward.gradients)?;
            }
            backward.next = current;
        }
        let gradient = &backward.gradients[node.index()];
        let gradient = gradient.as_ref().ok_or(EngineError::NotALayer { node: node.index() })?;
        let shape = self.network.node(node).shape;
        Ok(FeatureMaps { shape, values: operations::to_channels(shape, gradient)? })
    }
}

impl Backward {
    fn new(network: &Network, seed: &[f32], rule: ReluRule) -> candle_core::Result<Self> {
        let logits = network.logits();
        let mut gradients = vec![None; network.nodes().len()];
        gradients[logits.index()] = Some(operations::from_channels(network.node(logits).shape, seed)?);
        Ok(Self { seed: seed.to_vec(), rule, gradients, next: network.nodes().len() })
    }
}

impl Engine for CpuEngine {
    fn network(&self) -> &Network {
        &self.network
    }

    fn description(&self) -> Description {
        Description { kind: "cpu", adapter: None, threads: threads::count(), simd: simd::NAME }
    }

    async fn forward(&mut self, input: &[f32]) -> Result<Vec<f32>, EngineError> {
        check_length("input", input.len(), self.network.input_shape().len())?;
        // Let go of the last photo's memory before asking for this one's.
        self.pass = None;
        let input = operations::from_channels(self.network.input_shape(), input)?;
        self.run(vec![input])
    }

    async fn activation(&mut self, node: NodeId) -> Result<FeatureMaps, EngineError> {
        let pass = self.pass.as_ref().ok_or(EngineError::NoForward)?;
        let shape = self.network.node(node).shape;
        Ok(FeatureMaps { shape, values: operations::to_channels(shape, &pass.outputs[node.index()])? })
    }

    async fn gradient(&mut self, seed: &[f32], layer: NodeId) -> Result<FeatureMaps, EngineError> {
        if layer != NodeId::INPUT {
            check_layer(&self.network, layer)?;
        }
        self.gradient_at(seed, ReluRule::Gradient, layer)
    }

    async fn guided_gradient(&mut self, seed: &[f32]) -> Result<FeatureMaps, EngineError> {
        self.gradient_at(seed, ReluRule::Guided, NodeId::INPUT)
    }

    async fn forward_from(&mut self, layer: NodeId, activation: &[f32]) -> Result<Vec<f32>, EngineError> {
        check_layer(&self.network, layer)?;
        let shape = self.network.node(layer).shape;
        check_length("activation", activation.len(), shape.len())?;
        let Pass { mut outputs, .. } = self.pass.take().ok_or(EngineError::NoForward)?;
        outputs.truncate(layer.index());
        outputs.push(operations::from_channels(shape, activation)?);
        self.run(outputs)
    }

    async fn replace(&mut self, network: Network) -> Result<(), EngineError> {
        if !self.network.has_same_graph(&network) {
            return Err(EngineError::OtherGraph);
        }
        self.pass = None;
        for id in network.node_ids() {
            let operation = &network.node(id).operation;
            if !self.network.node(id).operation.is_same(operation) {
                self.operations[id.index()] = PreparedOperation::new(&network, id, &self.scratch)?;
                // One by one, so that a failure at the next leaves no doubt about this one.
                self.network = self.network.with_operations(|other, _| (other == id).then(|| operation.clone()));
            }
        }
        self.network = network;
        Ok(())
    }
}
