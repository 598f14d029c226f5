//! Which engine runs: what was asked for, what there is, and what proves itself.

use super::self_test::{SelfTest, self_test};
use super::{Engine, EngineError, FallbackEngine, class_seed};
use crate::cpu::CpuEngine;
use crate::gpu::{Gpu, GpuEngine};
use std::collections::HashMap;
use web_time::Instant;

/// The engine that the page asks.
pub type ChosenEngine = FallbackEngine<CpuEngine, GpuEngine>;

/// So often each engine is timed; the best counts.
const TIMED_RUNS: usize = 3;

/// What the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wish {
    /// Whatever is faster here; never a software adapter.
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU, even one that a program plays.
    WebGpu,
}

/// Milliseconds of one forward and one gradient at the last layer.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Timing {
    /// On the CPU.
    pub cpu: f64,
    /// On the GPU.
    pub webgpu: f64,
}

/// A timing, and what it is good for: this key stands for the adapter, the network and the CPU engine that were timed.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct KeyedTiming {
    /// The same key on a later visit means that the timing need not be repeated.
    pub key: String,
    /// See there.
    #[serde(flatten)]
    pub timing: Timing,
}

/// How the choice came about.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Choice {
    /// What was asked for.
    pub asked: Wish,
    /// Why it is not the GPU, as a sentence; `None` where it is, or where the CPU was asked for.
    pub reason: Option<String>,
    /// The GPU that was found, used or not.
    pub adapter: Option<String>,
    /// Of that GPU, where it was tested.
    pub self_test: Option<SelfTest>,
    /// What decided, where both were timed.
    pub timing: Option<KeyedTiming>,
}

/// Chooses, and keeps the GPU at hand that has passed its test.
#[derive(Default)]
pub struct Chooser {
    gpu: Option<(Gpu, Option<SelfTest>)>,
}

impl Chooser {
    /// Connects to the GPU already, if there is one worth it, and compiles the kernels: while something else is waited for.
    pub async fn prepare(&mut self, wish: Wish) {
        if wish == Wish::Cpu {
            return;
        }
        // Whatever goes wrong here will be said by `choose`.
        if let Ok(gpu) = self.connect(wish).await {
            let _ = gpu.compile().await;
        }
    }

    /// Has `engine` run on what `wish` leads to. A forward must come next. `remembered` are timings of earlier visits.
    pub async fn choose(
        &mut self,
        engine: &mut ChosenEngine,
        wish: Wish,
        remembered: &HashMap<String, Timing>,
    ) -> Choice {
        engine.use_cpu();
        let mut choice = Choice { asked: wish, reason: None, adapter: None, self_test: None, timing: None };
        if wish != Wish::Cpu
            && let Err(reason) = self.try_gpu(engine, remembered, &mut choice).await
        {
            choice.reason = Some(reason);
        }
        choice
    }

    /// Has `engine` run on the GPU, or says why not.
    async fn try_gpu(
        &mut self,
        engine: &mut ChosenEngine,
        remembered: &HashMap<String, Timing>,
        choice: &mut Choice,
    ) -> Result<(), String> {
        let gpu = self.connect(choice.asked).await?;
        choice.adapter = Some(gpu.adapter().to_string());
        let outcome = self.prove(&gpu, engine, remembered, choice).await;
        if outcome.is_err() && choice.timing.is_none() {
            // Not slow but broken: the next try begins anew.
            gpu.destroy();
            self.gpu = None;
        }
        outcome
    }

    /// Tests and times the GPU, and has `engine` run on it if both go well.
    async fn prove(
        &mut self,
        gpu: &Gpu,
        engine: &mut ChosenEngine,
        remembered: &HashMap<String, Timing>,
        choice: &mut Choice,
    ) -> Result<(), String> {
        let sentence = |error: EngineError| error.to_string();
        let mut candidate = GpuEngine::new(gpu.clone(), engine.network().clone()).await.map_err(sentence)?;
        let known = self.gpu.as_ref().and_then(|(_, test)| test.clone());
        let test = match known {
            Some(test) => test,
            None => self_test(&mut candidate, engine.cpu()).await.map_err(sentence)?,
        };
        choice.self_test = Some(test.clone());
        if !test.passed {
            return Err(format!(
                "The GPU ({}) failed the self-test: what it computes differs from what the CPU does.",
                gpu.adapter()
            ));
        }
        self.gpu = Some((gpu.clone(), Some(test)));
        if choice.asked == Wish::Auto {
            let key = timing_key(gpu, engine);
            let timing = match remembered.get(&key) {
                Some(&timing) => timing,
                None => Timing {
                    cpu: time(engine.cpu()).await.map_err(sentence)?,
                    webgpu: time(&mut candidate).await.map_err(sentence)?,
                },
            };
            choice.timing = Some(KeyedTiming { key, timing });
            if timing.webgpu >= timing.cpu {
                return Err(format!("The CPU is faster here than the GPU ({}).", gpu.adapter()));
            }
        }
        engine.use_gpu(candidate);
        Ok(())
    }

    /// The GPU at hand, or a new connection.
    async fn connect(&mut self, wish: Wish) -> Result<Gpu, String> {
        let at_hand = self.gpu.as_ref().filter(|(gpu, _)| gpu.still_there().is_ok()).map(|(gpu, _)| gpu.clone());
        let gpu = match at_hand {
            Some(gpu) => gpu,
            None => {
                let gpu = Gpu::request().await.map_err(|error| error.to_string())?;
                self.gpu = Some((gpu.clone(), None));
                gpu
            }
        };
        if wish == Wish::Auto && gpu.is_software() {
            return Err(format!(
                "The only adapter, {}, is a program and no GPU; the CPU is faster by far.",
                gpu.adapter()
            ));
        }
        Ok(gpu)
    }
}

fn timing_key(gpu: &Gpu, engine: &mut ChosenEngine) -> String {
    let cpu = engine.cpu().description();
    let architecture = engine.network().architecture();
    format!("{}, {architecture}, {} × {}", gpu.adapter(), cpu.threads, cpu.simd)
}

/// Milliseconds of one forward and one gradient at the last layer. The self-test has warmed everything up.
async fn time<E: Engine>(engine: &mut E) -> Result<f64, EngineError> {
    let input = vec![0.5; engine.network().input_shape().len()];
    let seed = class_seed(engine.network().classes(), 0);
    let mut best = f64::INFINITY;
    for _ in 0..TIMED_RUNS {
        let start = Instant::now();
        engine.forward(&input).await?;
        if let Some(node) = engine.network().last_layer().map(|layer| layer.node) {
            engine.gradient(&seed, node).await?;
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(best)
}
