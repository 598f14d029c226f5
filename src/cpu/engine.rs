//! The loop over the steps, either way.

use super::candle::{from_channels, tensor, to_channels, values};
use super::schedule::Schedule;
use super::table::prepare;
use crate::engine::{Description, Engine, EngineError, FeatureMaps, check_layer, check_length};
use crate::kernel::ReluRule;
use crate::kernel::cpu::{Backward, CpuKernel, Epilogue, Scratch, relu_gradient, simd, threads};
use crate::network::{Activation, Network, NodeId, Step};
use candle_core::Tensor;

/// See the [module](super).
pub struct CpuEngine {
    network: Network,
    schedule: Schedule,
    /// By step.
    kernels: Vec<Box<dyn CpuKernel + Send + Sync>>,
    /// What they all work in.
    scratch: Scratch,
    pass: Option<Pass>,
}

/// What one forward leaves behind.
struct Pass {
    /// By node; what the [schedule](Schedule::is_kept) keeps.
    outputs: Vec<Option<Tensor>>,
    way_back: Option<WayBack>,
}

/// The gradients of one cotangent, as far as they have been asked for.
struct WayBack {
    cotangent: Vec<f32>,
    rule: ReluRule,
    /// By node. Those of nodes that are no layers are let go once passed on.
    gradients: Vec<Option<Tensor>>,
    /// All steps from this number on have passed their gradient on.
    next: usize,
}

impl From<candle_core::Error> for EngineError {
    fn from(error: candle_core::Error) -> Self {
        Self::Backend(error.to_string())
    }
}

impl CpuEngine {
    /// Prepares `network` for execution.
    ///
    /// # Errors
    /// [`EngineError::Backend`] where the library underneath fails.
    pub fn new(network: Network) -> Result<Self, EngineError> {
        let schedule = Schedule::new(&network);
        let kernels =
            schedule.steps.iter().map(|step| prepare(&network, step.node)).collect::<candle_core::Result<_>>()?;
        Ok(Self { network, schedule, kernels, scratch: Scratch::default(), pass: None })
    }

    /// Runs every step from number `first` on, and returns the logits.
    fn run(&mut self, mut outputs: Vec<Option<Tensor>>, first: usize) -> Result<Vec<f32>, EngineError> {
        for index in first..self.schedule.steps.len() {
            let output = self.forward_step(index, &outputs)?;
            outputs[self.schedule.steps[index].output.index()] = Some(output);
            for spent in self.schedule.spent(index) {
                outputs[spent.index()] = None;
            }
        }
        let logits = self.network.logits();
        let values = to_channels(self.network.map_shape(logits), kept(&outputs, logits)?)?;
        if values.iter().any(|logit| !logit.is_finite()) {
            return Err(EngineError::NotFinite);
        }
        self.pass = Some(Pass { outputs, way_back: None });
        Ok(values)
    }

    fn forward_step(&mut self, index: usize, outputs: &[Option<Tensor>]) -> Result<Tensor, EngineError> {
        let step = &self.schedule.steps[index];
        let access = |&id: &NodeId| Ok(values(kept(outputs, id)?)?);
        let inputs = &self.network.node(step.node).inputs;
        let inputs = inputs.iter().map(access).collect::<Result<Vec<_>, EngineError>>()?;
        let inputs = inputs.iter().map(|input| input.get()).collect::<candle_core::Result<Vec<_>>>()?;
        let residual = step.residual.as_ref().map(access).transpose()?;
        let residual = residual.as_ref().map(|residual| residual.get()).transpose()?;
        let epilogue = Epilogue { bias: None, residual, activation: step.activation };
        Ok(tensor(self.kernels[index].forward(&inputs, epilogue, &mut self.scratch)?)?)
    }

    /// The gradient at `node`, going on from what the last way back has already.
    fn gradient_at(
        &mut self,
        cotangent: &[f32],
        rule: ReluRule,
        node: NodeId,
    ) -> Result<FeatureMaps, EngineError> {
        check_length("cotangent", cotangent.len(), self.network.classes())?;
        let Self { network, schedule, kernels, scratch, pass } = self;
        let Pass { outputs, way_back } = pass.as_mut().ok_or(EngineError::NoForward)?;
        let way_back = match way_back {
            Some(way_back) if way_back.cotangent == cotangent && way_back.rule == rule => way_back,
            other => other.insert(WayBack::new(network, schedule.steps.len(), cotangent, rule)?),
        };
        // Every step that reads the node stands behind it.
        while let Some(index) = way_back.next.checked_sub(1)
            && schedule.steps[index].node > node
        {
            let step = &schedule.steps[index];
            let slot = &mut way_back.gradients[step.output.index()];
            let gradient = if network.is_layer(step.output) { slot.clone() } else { slot.take() };
            // An output without a gradient has no way to the logits.
            if let Some(gradient) = gradient {
                let kernel = &*kernels[index];
                pass_on(network, step, kernel, outputs, &gradient, rule, &mut way_back.gradients, scratch)?;
            }
            way_back.next = index;
        }
        let gradient = &way_back.gradients[node.index()];
        let gradient = gradient.as_ref().ok_or(EngineError::NotALayer { node: node.index() })?;
        let shape = network.map_shape(node);
        Ok(FeatureMaps { shape, values: to_channels(shape, gradient)? })
    }
}

/// Passes `gradient`, that of a step's output, on to what the step was computed from.
#[allow(clippy::too_many_arguments, reason = "parts of an engine that are borrowed one by one")]
fn pass_on(
    network: &Network,
    step: &Step,
    kernel: &dyn CpuKernel,
    outputs: &[Option<Tensor>],
    gradient: &Tensor,
    rule: ReluRule,
    gradients: &mut [Option<Tensor>],
    scratch: &mut Scratch,
) -> Result<(), EngineError> {
    let output = outputs[step.output.index()].as_ref().map(values).transpose()?;
    let output = output.as_ref().map(|output| output.get()).transpose()?;
    let before = match (step.activation, output) {
        (Some(Activation::Relu), Some(output)) => tensor(relu_gradient(rule, output, values(gradient)?.get()?))?,
        (Some(_), None) => return Err(EngineError::NotKept { node: step.output.index() }),
        (None, _) => gradient.clone(),
    };
    // Residual and input may be the same node: each adds to what is there.
    if let Some(residual) = step.residual {
        let slot = &mut gradients[residual.index()];
        *slot = Some(match slot.take() {
            None => before.clone(),
            Some(sum) => (sum + &before)?,
        });
    }
    let inputs = &network.node(step.node).inputs;
    let kept = inputs.iter().map(|id| outputs[id.index()].as_ref().map(values).transpose());
    let kept = kept.collect::<candle_core::Result<Vec<_>>>()?;
    let kept = kept.iter().map(|kept| kept.as_ref().map(|kept| kept.get()).transpose());
    let kept = kept.collect::<candle_core::Result<Vec<_>>>()?;
    let before = values(&before)?;
    for (index, input) in inputs.iter().enumerate() {
        let sum = gradients[input.index()].take();
        let sum = sum.as_ref().map(values).transpose()?;
        let backward = Backward {
            inputs: &kept,
            output,
            gradient: before.get()?,
            sum: sum.as_ref().map(|sum| sum.get()).transpose()?,
            rule,
        };
        let found = tensor(kernel.input_gradient(index, backward, scratch)?)?;
        gradients[input.index()] = Some(found);
    }
    Ok(())
}

/// The output of a node, where it is still there.
fn kept(outputs: &[Option<Tensor>], node: NodeId) -> Result<&Tensor, EngineError> {
    outputs[node.index()].as_ref().ok_or(EngineError::NotKept { node: node.index() })
}

impl WayBack {
    fn new(network: &Network, steps: usize, cotangent: &[f32], rule: ReluRule) -> candle_core::Result<Self> {
        let logits = network.logits();
        let mut gradients = vec![None; network.nodes().len()];
        gradients[logits.index()] = Some(from_channels(network.map_shape(logits), cotangent)?);
        Ok(Self { cotangent: cotangent.to_vec(), rule, gradients, next: steps })
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
        let shape = self.network.input_shape();
        check_length("input", input.len(), shape.len())?;
        // Let go of the last photo's memory before asking for this one's.
        self.pass = None;
        let mut outputs = vec![None; self.network.nodes().len()];
        outputs[NodeId::INPUT.index()] = Some(from_channels(shape, input)?);
        self.run(outputs, 0)
    }

    async fn activation(&mut self, node: NodeId) -> Result<FeatureMaps, EngineError> {
        let pass = self.pass.as_ref().ok_or(EngineError::NoForward)?;
        let shape = self.network.map_shape(node);
        Ok(FeatureMaps { shape, values: to_channels(shape, kept(&pass.outputs, node)?)? })
    }

    async fn gradient(&mut self, cotangent: &[f32], layer: NodeId) -> Result<FeatureMaps, EngineError> {
        if layer != NodeId::INPUT {
            check_layer(&self.network, layer)?;
        }
        self.gradient_at(cotangent, ReluRule::Gradient, layer)
    }

    async fn guided_gradient(&mut self, cotangent: &[f32]) -> Result<FeatureMaps, EngineError> {
        self.gradient_at(cotangent, ReluRule::Guided, NodeId::INPUT)
    }

    async fn forward_from(&mut self, layer: NodeId, activation: &[f32]) -> Result<Vec<f32>, EngineError> {
        check_layer(&self.network, layer)?;
        let shape = self.network.map_shape(layer);
        check_length("activation", activation.len(), shape.len())?;
        let Pass { mut outputs, .. } = self.pass.take().ok_or(EngineError::NoForward)?;
        outputs[layer.index()] = Some(from_channels(shape, activation)?);
        self.run(outputs, self.schedule.first_behind(layer))
    }

    async fn replace(&mut self, network: Network) -> Result<(), EngineError> {
        if !self.network.has_same_graph(&network) {
            return Err(EngineError::OtherGraph);
        }
        self.pass = None;
        for (index, step) in self.schedule.steps.iter().enumerate() {
            let operation = &network.node(step.node).operation;
            if !self.network.node(step.node).operation.is_same(operation) {
                self.kernels[index] = prepare(&network, step.node)?;
                // One by one, so that a failure at the next leaves no doubt about this one.
                self.network =
                    self.network.with_operations(|other, _| (other == step.node).then(|| operation.clone()));
            }
        }
        self.network = network;
        Ok(())
    }
}
