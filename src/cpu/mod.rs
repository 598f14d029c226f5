//! The engine on the CPU: candle's tensors and autograd, with custom operations for what candle computes differently.
//!
//! The network is cut at its layers. Each segment between two cuts begins with a candle [`Var`], so that candle keeps
//! the gradient there, and a gradient travels from the logits towards the input one vector–Jacobian product a segment:
//! it stops where it was asked for, and a later question about the same seed goes on from there.

pub mod kernels;
mod operations;

use crate::engine::{Description, Engine, EngineError, FeatureMaps};
use crate::network::{Network, NodeId};
use candle_core::{Device, Tensor, Var};
use operations::SharedOperation;

/// See the [module](self).
pub struct CpuEngine {
    network: Network,
    /// What each node runs, by node.
    operations: Vec<SharedOperation>,
    /// The input, every layer, and the logits: the cuts between segments.
    cuts: Vec<NodeId>,
    pass: Option<Pass>,
}

/// What one forward leaves behind.
struct Pass {
    /// Output of every node, by node.
    outputs: Vec<Tensor>,
    /// The variable that each segment begins with, by segment.
    starts: Vec<Var>,
    backward: Option<Backward>,
}

/// The gradients of one seed, as far as they have been asked for.
struct Backward {
    seed: Vec<f32>,
    /// By cut, from the logits towards the input.
    gradients: Vec<Tensor>,
}

impl From<candle_core::Error> for EngineError {
    fn from(error: candle_core::Error) -> Self {
        Self::Backend(error.to_string())
    }
}

impl CpuEngine {
    /// Prepares `network` for execution.
    pub fn new(network: Network) -> Result<Self, EngineError> {
        let mut cuts = vec![NodeId::INPUT];
        cuts.extend(network.layers().iter().map(|layer| layer.node));
        cuts.push(network.logits());
        let operations =
            network.node_ids().map(|id| SharedOperation::new(&network, id)).collect::<Result<_, _>>()?;
        Ok(Self { network, operations, cuts, pass: None })
    }

    /// Runs every node, segment by segment.
    fn run(&self, input: &[f32]) -> candle_core::Result<Pass> {
        let shape = self.network.input_shape();
        let input = Tensor::from_slice(input, (shape.channels, shape.height, shape.width), &Device::Cpu)?;
        let mut starts = Vec::with_capacity(self.cuts.len() - 1);
        // What later nodes read: at a cut the variable, elsewhere the node's own output.
        let mut sources: Vec<Tensor> = Vec::with_capacity(self.operations.len());
        let mut outputs: Vec<Tensor> = Vec::with_capacity(self.operations.len());
        for id in self.network.node_ids() {
            let output = match id {
                NodeId::INPUT => input.clone(),
                _ => self.operations[id.index()].apply(&sources)?,
            };
            if self.cuts.contains(&id) && id != self.network.logits() {
                let start = Var::from_tensor(&output.detach())?;
                sources.push(start.as_tensor().clone());
                starts.push(start);
            } else {
                sources.push(output.clone());
            }
            outputs.push(output);
        }
        Ok(Pass { outputs, starts, backward: None })
    }

    /// The gradient at cut number `cut`, going on from what `pass` has already.
    fn gradient_at(cuts: &[NodeId], pass: &mut Pass, seed: &[f32], cut: usize) -> candle_core::Result<Tensor> {
        let logits = cuts.len() - 1;
        let backward = match &mut pass.backward {
            Some(backward) if backward.seed == seed => backward,
            other => other.insert(Backward {
                seed: seed.to_vec(),
                gradients: vec![Tensor::from_slice(seed, seed.len(), &Device::Cpu)?],
            }),
        };
        while backward.gradients.len() <= logits - cut {
            let segment = logits - backward.gradients.len();
            let end = &pass.outputs[cuts[segment + 1].index()];
            let start = &pass.starts[segment];
            // Σ output · gradient, whose derivative is the vector–Jacobian product.
            let root = (end * &backward.gradients[logits - segment - 1])?.sum_all()?;
            let mut store = root.backward()?;
            let gradient = store
                .remove(start)
                .ok_or_else(|| candle_core::Error::Msg("a segment does not depend on its start".to_string()))?;
            backward.gradients.push(gradient);
        }
        Ok(backward.gradients[logits - cut].clone())
    }
}

impl Engine for CpuEngine {
    fn network(&self) -> &Network {
        &self.network
    }

    fn description(&self) -> Description {
        Description {
            kind: "cpu",
            adapter: None,
            threads: 1,
            simd: if cfg!(target_feature = "simd128") {
                "SIMD"
            } else if cfg!(target_arch = "wasm32") {
                "scalar"
            } else {
                "native"
            },
        }
    }

    async fn forward(&mut self, input: &[f32]) -> Result<Vec<f32>, EngineError> {
        let expected = self.network.input_shape().len();
        check_length("input", input.len(), expected)?;
        // Let go of the last photo's memory before asking for this one's.
        self.pass = None;
        let pass = self.run(input)?;
        let logits: Vec<f32> = pass.outputs[self.network.logits().index()].to_vec1()?;
        if logits.iter().any(|logit| !logit.is_finite()) {
            return Err(EngineError::NotFinite);
        }
        self.pass = Some(pass);
        Ok(logits)
    }

    async fn activation(&mut self, node: NodeId) -> Result<FeatureMaps, EngineError> {
        let pass = self.pass.as_ref().ok_or(EngineError::NoForward)?;
        Ok(FeatureMaps {
            shape: self.network.node(node).shape,
            values: pass.outputs[node.index()].flatten_all()?.to_vec1()?,
        })
    }

    async fn gradient(&mut self, seed: &[f32], layer: NodeId) -> Result<FeatureMaps, EngineError> {
        check_length("seed", seed.len(), self.network.classes())?;
        let cut = self
            .cuts
            .iter()
            .position(|&cut| cut == layer && layer != self.network.logits())
            .ok_or(EngineError::NotALayer { node: layer.index() })?;
        let pass = self.pass.as_mut().ok_or(EngineError::NoForward)?;
        let gradient = Self::gradient_at(&self.cuts, pass, seed, cut)?;
        Ok(FeatureMaps { shape: self.network.node(layer).shape, values: gradient.flatten_all()?.to_vec1()? })
    }
}

fn check_length(what: &'static str, found: usize, expected: usize) -> Result<(), EngineError> {
    if found == expected { Ok(()) } else { Err(EngineError::Length { what, found, expected }) }
}
