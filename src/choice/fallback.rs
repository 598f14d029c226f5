//! An engine that is a GPU's as long as that works, and the CPU's from then on.

use crate::engine::{Description, Engine, EngineError, FeatureMaps};
use crate::network::{Network, NodeId};

/// Runs `G` until that fails, and `C` from then on. `C` is the engine that does not fail for reasons of its device, `G` the one that may.
pub struct FallbackEngine<C, G> {
    cpu: C,
    gpu: Option<G>,
    /// Of the last forward, so that the CPU can repeat it.
    input: Vec<f32>,
    /// The layers that it has been gone on from since, and with what: from the input to the logits, as going on from a
    /// layer leaves those before it alone.
    resumed: Vec<(NodeId, Vec<f32>)>,
    failure: Option<EngineError>,
}

impl<C: Engine, G: Engine> FallbackEngine<C, G> {
    /// Begins with the CPU.
    pub fn new(cpu: C) -> Self {
        Self { cpu, gpu: None, input: Vec::new(), resumed: Vec::new(), failure: None }
    }

    /// Goes on with the GPU. A forward must come next.
    pub fn use_gpu(&mut self, gpu: G) {
        self.gpu = Some(gpu);
    }

    /// Goes on with the CPU, and lets go of what the GPU holds. A forward must come next.
    pub fn use_cpu(&mut self) {
        self.gpu = None;
    }

    /// Whether the GPU is in use.
    pub fn is_on_gpu(&self) -> bool {
        self.gpu.is_some()
    }

    /// The engine on the CPU.
    pub fn cpu(&mut self) -> &mut C {
        &mut self.cpu
    }

    /// Why the GPU was given up, if it has been since the last time this was asked.
    pub fn take_failure(&mut self) -> Option<EngineError> {
        self.failure.take()
    }

    fn give_up(&mut self, error: EngineError) {
        self.gpu = None;
        self.failure = Some(error);
    }

    /// Brings the CPU to where the GPU was.
    async fn catch_up(&mut self) -> Result<(), EngineError> {
        self.cpu.forward(&self.input).await?;
        for (layer, activation) in &self.resumed {
            self.cpu.forward_from(*layer, activation).await?;
        }
        Ok(())
    }
}

/// The GPU's answer; `None` where there is no GPU, or where it has just been given up and the CPU brought to where it was.
macro_rules! attempt {
    ($engine:ident, $($call:tt)+) => {
        match &mut $engine.gpu {
            None => None,
            Some(gpu) => match gpu.$($call)+.await {
                Err(error) if error.may_be_the_device() => {
                    $engine.give_up(error);
                    $engine.catch_up().await?;
                    None
                }
                answer => Some(answer),
            },
        }
    };
}

impl<C: Engine, G: Engine> Engine for FallbackEngine<C, G> {
    fn network(&self) -> &Network {
        self.cpu.network()
    }

    fn description(&self) -> Description {
        match &self.gpu {
            // What the GPU is not for, photos and maps, is the CPU's all the same.
            Some(gpu) => {
                let Description { kind, adapter, .. } = gpu.description();
                Description { kind, adapter, ..self.cpu.description() }
            }
            None => self.cpu.description(),
        }
    }

    async fn forward(&mut self, input: &[f32]) -> Result<Vec<f32>, EngineError> {
        if let Some(gpu) = &mut self.gpu {
            match gpu.forward(input).await {
                Err(error) if error.may_be_the_device() => self.give_up(error),
                answer => {
                    if answer.is_ok() {
                        self.input = input.to_vec();
                        self.resumed.clear();
                    }
                    return answer;
                }
            }
        }
        self.cpu.forward(input).await
    }

    async fn activation(&mut self, node: NodeId) -> Result<FeatureMaps, EngineError> {
        if let Some(answer) = attempt!(self, activation(node)) {
            return answer;
        }
        self.cpu.activation(node).await
    }

    async fn gradient(&mut self, cotangent: &[f32], layer: NodeId) -> Result<FeatureMaps, EngineError> {
        if let Some(answer) = attempt!(self, gradient(cotangent, layer)) {
            return answer;
        }
        self.cpu.gradient(cotangent, layer).await
    }

    async fn guided_gradient(&mut self, cotangent: &[f32]) -> Result<FeatureMaps, EngineError> {
        if let Some(answer) = attempt!(self, guided_gradient(cotangent)) {
            return answer;
        }
        self.cpu.guided_gradient(cotangent).await
    }

    async fn forward_from(&mut self, layer: NodeId, activation: &[f32]) -> Result<Vec<f32>, EngineError> {
        if let Some(answer) = attempt!(self, forward_from(layer, activation)) {
            if answer.is_ok() {
                self.resumed.retain(|(earlier, _)| *earlier < layer);
                self.resumed.push((layer, activation.to_vec()));
            }
            return answer;
        }
        self.cpu.forward_from(layer, activation).await
    }

    async fn replace(&mut self, network: Network) -> Result<(), EngineError> {
        // Both: the CPU must be able to take over at any time.
        self.cpu.replace(network.clone()).await?;
        if let Some(gpu) = &mut self.gpu {
            match gpu.replace(network).await {
                Err(error) if error.may_be_the_device() => self.give_up(error),
                answer => return answer,
            }
        }
        Ok(())
    }
}
