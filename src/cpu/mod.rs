//! The engine on the CPU: candle's tensors, and custom operations over kernels of our own.
//!
//! Each node's output is a candle tensor, made by a candle custom operation. The gradient takes the way back node by
//! node: it stops where it was asked for, and a later question about the same seed goes on from there.

pub mod kernels;
mod operations;
mod simd;
pub mod threads;

use crate::engine::{Description, Engine, EngineError, FeatureMaps, check_length};
use crate::network::{Network, NodeId};
use candle_core::Tensor;
use operations::PreparedOperation;

/// See the [module](self).
pub struct CpuEngine {
    network: Network,
    /// What each node runs, by node.
    operations: Vec<PreparedOperation>,
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
        let scratch = Default::default();
        let operations = network
            .node_ids()
            .map(|id| PreparedOperation::new(&network, id, &scratch))
            .collect::<Result<_, _>>()?;
        Ok(Self { network, operations, pass: None })
    }

    /// Runs every node.
    fn run(&self, input: &[f32]) -> candle_core::Result<Pass> {
        let mut outputs = vec![operations::from_channels(self.network.input_shape(), input)?];
        for operation in &self.operations[1..] {
            outputs.push(operation.forward(&outputs)?);
        }
        Ok(Pass { outputs, backward: None })
    }

    /// The gradient at `node`, going on from what the last pass has already.
    fn gradient_at(&mut self, seed: &[f32], node: NodeId) -> Result<Tensor, EngineError> {
        let pass = self.pass.as_mut().ok_or(EngineError::NoForward)?;
        let backward = match &mut pass.backward {
            Some(backward) if backward.seed == seed => backward,
            other => other.insert(Backward::new(&self.network, seed)?),
        };
        while backward.next > node.index() + 1 {
            let current = backward.next - 1;
            let kept = self.network.layers().iter().any(|layer| layer.node.index() == current);
            let slot = &mut backward.gradients[current];
            let gradient = if kept { slot.clone() } else { slot.take() };
            // A node without a gradient has no way to the logits.
            if let Some(gradient) = gradient {
                self.operations[current].backward(&pass.outputs, current, &gradient, &mut backward.gradients)?;
            }
            backward.next = current;
        }
        let gradient = backward.gradients[node.index()].clone();
        gradient.ok_or(EngineError::NotALayer { node: node.index() })
    }
}

impl Backward {
    fn new(network: &Network, seed: &[f32]) -> candle_core::Result<Self> {
        let logits = network.logits();
        let mut gradients = vec![None; network.nodes().len()];
        gradients[logits.index()] = Some(operations::from_channels(network.node(logits).shape, seed)?);
        Ok(Self { seed: seed.to_vec(), gradients, next: network.nodes().len() })
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
        let pass = self.run(input)?;
        let logits = self.network.logits();
        let values = operations::to_channels(self.network.node(logits).shape, &pass.outputs[logits.index()])?;
        if values.iter().any(|logit| !logit.is_finite()) {
            return Err(EngineError::NotFinite);
        }
        self.pass = Some(pass);
        Ok(values)
    }

    async fn activation(&mut self, node: NodeId) -> Result<FeatureMaps, EngineError> {
        let pass = self.pass.as_ref().ok_or(EngineError::NoForward)?;
        let shape = self.network.node(node).shape;
        Ok(FeatureMaps { shape, values: operations::to_channels(shape, &pass.outputs[node.index()])? })
    }

    async fn gradient(&mut self, seed: &[f32], layer: NodeId) -> Result<FeatureMaps, EngineError> {
        check_length("seed", seed.len(), self.network.classes())?;
        let is_layer = self.network.layers().iter().any(|known| known.node == layer);
        if !is_layer && layer != NodeId::INPUT {
            return Err(EngineError::NotALayer { node: layer.index() });
        }
        let gradient = self.gradient_at(seed, layer)?;
        let shape = self.network.node(layer).shape;
        Ok(FeatureMaps { shape, values: operations::to_channels(shape, &gradient)? })
    }
}
