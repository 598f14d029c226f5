//! How fast each engine is here, and what that is good for.

use crate::engine::{Engine, EngineError, class_cotangent};
use crate::network::MapShape;
use web_time::Instant;

/// Timed runs of each engine; the best counts.
const TIMED_RUNS: usize = 3;

/// Milliseconds of one forward and one gradient at the last layer.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Timing {
    /// On the CPU.
    pub cpu: f64,
    /// On the GPU.
    pub webgpu: f64,
}

/// A timing, and what it is good for: this key stands for the adapter, the network with the size of its input, and the CPU
/// engine that were timed.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct KeyedTiming {
    /// The same key on a later visit means that the timing need not be repeated.
    pub key: String,
    /// What was measured.
    #[serde(flatten)]
    pub timing: Timing,
}

/// The key of a timing. `model` tells the network from all others: networks of one architecture may differ in their sizes.
pub(super) fn timing_key(adapter: &str, cpu: &impl Engine, model: &str) -> String {
    let MapShape { height, width, .. } = cpu.network().input_shape();
    let architecture = cpu.network().architecture();
    let description = cpu.description();
    format!(
        "{adapter}, {architecture} {model} at {height} × {width}, {} × {}",
        description.threads, description.simd
    )
}

/// Milliseconds of one forward and one gradient at the default layer. The self-test has warmed everything up.
pub(super) async fn time<E: Engine>(engine: &mut E) -> Result<f64, EngineError> {
    let input = vec![0.5; engine.network().input_shape().len()];
    let cotangent = class_cotangent(engine.network().classes(), 0);
    let mut best = f64::INFINITY;
    for _ in 0..TIMED_RUNS {
        let start = Instant::now();
        engine.forward(&input).await?;
        if let Some(node) = engine.network().default_layer().map(|layer| layer.node) {
            engine.gradient(&cotangent, node).await?;
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(best)
}
