//! The selection, from what was asked for to the engine that runs.

use super::FallbackEngine;
use super::self_test::{SelfTest, self_test};
use super::timing::{KeyedTiming, Timing, time, timing_key};
use crate::cpu::CpuEngine;
use crate::engine::{Engine, EngineError};
use crate::gpu::{Gpu, GpuEngine};
use std::collections::HashMap;

/// The engine that the page asks.
pub type ChosenEngine = FallbackEngine<CpuEngine, GpuEngine>;

/// What the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EnginePreference {
    /// Whatever is faster here; never a software adapter.
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU, even a software adapter.
    WebGpu,
}

/// How the choice came about.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Choice {
    /// What was asked for.
    pub asked: EnginePreference,
    /// Why it is not the GPU, as a sentence; `None` where it is, or where the CPU was asked for.
    pub reason: Option<String>,
    /// The GPU that was found, used or not.
    pub adapter: Option<String>,
    /// Of that GPU, where it was tested.
    pub self_test: Option<SelfTest>,
    /// What decided, where both were timed.
    pub timing: Option<KeyedTiming>,
}

/// Selects an engine, and keeps the GPU at hand that has passed its test.
#[derive(Default)]
pub struct EngineSelector {
    gpu: Option<(Gpu, Option<SelfTest>)>,
}

impl EngineSelector {
    /// Connects to the GPU already, if there is one worth it, and compiles the kernels: while something else is waited for.
    pub async fn prepare(&mut self, preference: EnginePreference) {
        if preference == EnginePreference::Cpu {
            return;
        }
        // Whatever goes wrong here will be said by `select`.
        if let Ok(gpu) = self.connect(preference).await {
            let _ = gpu.compile().await;
        }
    }

    /// Has `engine` run on what `preference` leads to. A forward must come next. `remembered` are timings of earlier visits,
    /// and `model` tells this network from all others.
    pub async fn select(
        &mut self,
        engine: &mut ChosenEngine,
        preference: EnginePreference,
        remembered: &HashMap<String, Timing>,
        model: &str,
    ) -> Choice {
        engine.use_cpu();
        let mut choice = Choice { asked: preference, reason: None, adapter: None, self_test: None, timing: None };
        if preference != EnginePreference::Cpu
            && let Err(reason) = self.select_gpu(engine, remembered, model, &mut choice).await
        {
            choice.reason = Some(reason);
        }
        choice
    }

    /// Has `engine` run on the GPU, or says why not.
    async fn select_gpu(
        &mut self,
        engine: &mut ChosenEngine,
        remembered: &HashMap<String, Timing>,
        model: &str,
        choice: &mut Choice,
    ) -> Result<(), String> {
        let gpu = self.connect(choice.asked).await?;
        choice.adapter = Some(gpu.adapter().to_string());
        let outcome = self.validate(&gpu, engine, remembered, model, choice).await;
        if outcome.is_err() && choice.timing.is_none() {
            // Not slow but broken: the next try begins anew.
            gpu.destroy();
            self.gpu = None;
        }
        outcome
    }

    /// Tests and times the GPU, and has `engine` run on it if both go well.
    async fn validate(
        &mut self,
        gpu: &Gpu,
        engine: &mut ChosenEngine,
        remembered: &HashMap<String, Timing>,
        model: &str,
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
        if choice.asked == EnginePreference::Auto {
            let key = timing_key(gpu.adapter(), engine.cpu(), model);
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
    async fn connect(&mut self, preference: EnginePreference) -> Result<Gpu, String> {
        let at_hand = self.gpu.as_ref().filter(|(gpu, _)| gpu.still_there().is_ok()).map(|(gpu, _)| gpu.clone());
        let gpu = match at_hand {
            Some(gpu) => gpu,
            None => {
                let gpu = Gpu::request().await.map_err(|error| error.to_string())?;
                self.gpu = Some((gpu.clone(), None));
                gpu
            }
        };
        if preference == EnginePreference::Auto && gpu.is_software() {
            return Err(format!(
                "The only adapter, {}, is a program and no GPU; the CPU is faster by far.",
                gpu.adapter()
            ));
        }
        Ok(gpu)
    }
}
