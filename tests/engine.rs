//! What stands between the engines: the self-test finds every kind of wrong answer, and a GPU that fails costs no answer.

mod support;

use gradcam::cpu::CpuEngine;
use gradcam::engine::self_test::self_test;
use gradcam::engine::{Description, Engine, EngineError, FallbackEngine, FeatureMaps, class_seed};
use gradcam::network::{Network, NodeId};
use pollster::block_on;
use support::random::signed;
use support::toy;

/// What is wrong with a [`Tampered`] engine.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Logits are a little off.
    Logits,
    /// The last layer's output is.
    Activation,
    /// Gradients have the wrong size, the wrong sign, the right values in wrong places, or are no numbers.
    GradientScaled,
    GradientNegated,
    GradientShifted,
    GradientNotFinite,
    /// Only that at the input is wrong.
    InputGradient,
    /// Call number so-and-so fails.
    Call(usize),
}

/// The CPU's engine with a fault.
struct Tampered {
    engine: CpuEngine,
    fault: Fault,
    calls: usize,
}

impl Tampered {
    fn new(network: &Network, fault: Fault) -> Self {
        Self { engine: cpu(network), fault, calls: 0 }
    }

    fn count(&mut self) -> Result<(), EngineError> {
        self.calls += 1;
        if self.fault == Fault::Call(self.calls) {
            return Err(EngineError::DeviceLost { reason: "for the test".to_string() });
        }
        Ok(())
    }
}

impl Engine for Tampered {
    fn network(&self) -> &Network {
        self.engine.network()
    }

    fn description(&self) -> Description {
        Description { kind: "webgpu", ..self.engine.description() }
    }

    async fn forward(&mut self, input: &[f32]) -> Result<Vec<f32>, EngineError> {
        self.count()?;
        let mut logits = self.engine.forward(input).await?;
        if self.fault == Fault::Logits {
            logits[1] += 0.01;
        }
        Ok(logits)
    }

    async fn activation(&mut self, node: NodeId) -> Result<FeatureMaps, EngineError> {
        self.count()?;
        let mut maps = self.engine.activation(node).await?;
        if self.fault == Fault::Activation {
            maps.values.iter_mut().for_each(|value| *value *= 1.001);
        }
        Ok(maps)
    }

    async fn gradient(&mut self, seed: &[f32], layer: NodeId) -> Result<FeatureMaps, EngineError> {
        self.count()?;
        let mut maps = self.engine.gradient(seed, layer).await?;
        match self.fault {
            Fault::GradientScaled => maps.values.iter_mut().for_each(|value| *value *= 1.01),
            Fault::GradientNegated => maps.values.iter_mut().for_each(|value| *value = -*value),
            Fault::GradientShifted => maps.values.rotate_right(maps.shape.area()),
            Fault::GradientNotFinite => maps.values[0] = f32::NAN,
            Fault::InputGradient if layer == NodeId::INPUT => {
                maps.values.iter_mut().for_each(|value| *value *= 1.1);
            }
            _ => {}
        }
        Ok(maps)
    }
}

fn cpu(network: &Network) -> CpuEngine {
    CpuEngine::new(network.clone()).expect("an engine")
}

#[test]
fn the_self_test_finds_what_is_wrong() {
    let network = toy::pooled_network();
    let test =
        |fault| block_on(self_test(&mut Tampered::new(&network, fault), &mut cpu(&network))).expect("a self-test");
    let sound = test(Fault::None);
    assert!(sound.passed, "{sound:?}");
    for (fault, broken) in [
        (Fault::Logits, "Logits, CPU against GPU"),
        (Fault::Activation, "Activations at second"),
        (Fault::GradientScaled, "Gradient at second"),
        (Fault::GradientNegated, "Gradient at second"),
        (Fault::GradientShifted, "Gradient at second"),
        (Fault::GradientNotFinite, "Gradient at second"),
        (Fault::InputGradient, "Gradient at the input"),
    ] {
        let found = test(fault);
        let check = found.checks.iter().find(|check| check.name == broken).expect("such a check");
        assert!(!found.passed && !check.holds, "{fault:?}: {found:?}");
    }
}

#[test]
fn a_failure_at_any_call_costs_no_answer() {
    let network = toy::network();
    let input = signed("photo", network.input_shape().len());
    let seed = class_seed(network.classes(), 2);
    let layer = network.layers()[1].node;
    let all = async |engine: &mut dyn FnMut() -> FallbackEngine<CpuEngine, Tampered>| {
        let mut engine = engine();
        let logits = engine.forward(&input).await.expect("a forward");
        let activation = engine.activation(layer).await.expect("an activation");
        let gradient = engine.gradient(&seed, layer).await.expect("a gradient");
        (logits, activation, gradient, engine)
    };
    let mut plain = || FallbackEngine::new(cpu(&network));
    let (logits, activation, gradient, _) = block_on(all(&mut plain));
    for call in 1..=4 {
        let mut failing = || {
            let mut engine = FallbackEngine::new(cpu(&network));
            engine.use_gpu(Tampered::new(&network, Fault::Call(call)));
            engine
        };
        let (found_logits, found_activation, found_gradient, mut engine) = block_on(all(&mut failing));
        assert_eq!(
            (found_logits, found_activation, found_gradient),
            (logits.clone(), activation.clone(), gradient.clone())
        );
        let failed = call <= 3;
        assert_eq!(engine.is_on_gpu(), !failed, "call {call}");
        assert_eq!(engine.description().kind, if failed { "cpu" } else { "webgpu" });
        assert_eq!(engine.take_failure().is_some(), failed);
        assert_eq!(engine.take_failure(), None, "told once");
    }
}

#[test]
fn a_mistake_of_the_caller_is_no_reason_to_give_the_gpu_up() {
    let network = toy::network();
    let mut engine = FallbackEngine::new(cpu(&network));
    engine.use_gpu(Tampered::new(&network, Fault::None));
    block_on(async {
        assert!(matches!(engine.forward(&[1.0]).await, Err(EngineError::Length { .. })));
        assert!(matches!(engine.activation(NodeId::INPUT).await, Err(EngineError::NoForward)));
    });
    assert!(engine.is_on_gpu());
    assert_eq!(engine.take_failure(), None);
}
