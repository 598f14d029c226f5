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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::CpuEngine;
    use crate::network::{Activation, Convolution, GlobalAveragePool, NetworkBuilder, NodeId, Window};
    use std::sync::Arc;

    fn engine(side: usize) -> CpuEngine {
        let mut builder = NetworkBuilder::new(MapShape::new(1, side, side));
        let (weight, bias) = (Arc::new(vec![1.0]), Arc::new(vec![0.0]));
        let convolution = Convolution { weight, bias, window: Window::square(1, 1, 0), groups: 1 };
        let node = builder.push("convolution", convolution, &[NodeId::INPUT]).expect("a convolution");
        let node = builder.push("relu", Activation::Relu, &[node]).expect("a ReLU");
        let node = builder.push("mean", GlobalAveragePool, &[node]).expect("a mean");
        CpuEngine::new(builder.finish("same name", node).expect("a network")).expect("an engine")
    }

    /// What was timed at 224 pixels says nothing of 512, nor does one network of an architecture of another.
    #[test]
    fn the_key_tells_networks_and_input_sizes_apart() {
        let key = |side, model| timing_key("an adapter", &engine(side), model);
        assert_eq!(key(32, "one"), key(32, "one"));
        assert_ne!(key(32, "one"), key(33, "one"));
        assert_ne!(key(32, "one"), key(32, "other"));
    }
}
