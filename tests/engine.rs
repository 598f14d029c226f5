//! What stands between the engines: the self-test finds every kind of wrong answer, and a GPU that fails costs no answer.

mod support;

use gradcam::choice::FallbackEngine;
use gradcam::choice::self_test::self_test;
use gradcam::cpu::CpuEngine;
use gradcam::engine::{Description, Engine, EngineError, FeatureMaps};
use gradcam::network::{Network, NodeId};
use pollster::block_on;
use support::{contract, toy};

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
    /// Call number so-and-so fails, of those that need a device.
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

    /// Arguments are looked at before any device is asked.
    fn count_unless_mistaken(&mut self, length: usize, node: NodeId) -> Result<(), EngineError> {
        if length == self.network().map_shape(node).len() { self.count() } else { Ok(()) }
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
        self.count_unless_mistaken(input.len(), NodeId::INPUT)?;
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

    async fn gradient(&mut self, cotangent: &[f32], layer: NodeId) -> Result<FeatureMaps, EngineError> {
        self.count()?;
        let mut maps = self.engine.gradient(cotangent, layer).await?;
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

    async fn guided_gradient(&mut self, cotangent: &[f32]) -> Result<FeatureMaps, EngineError> {
        self.count()?;
        self.engine.guided_gradient(cotangent).await
    }

    async fn forward_from(&mut self, layer: NodeId, activation: &[f32]) -> Result<Vec<f32>, EngineError> {
        self.count_unless_mistaken(activation.len(), layer)?;
        self.engine.forward_from(layer, activation).await
    }

    async fn replace(&mut self, network: Network) -> Result<(), EngineError> {
        self.count()?;
        self.engine.replace(network).await
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
fn the_cpu_keeps_the_contract() {
    block_on(contract::check(async |network| cpu(&network)));
}

#[test]
fn a_failure_at_any_call_costs_no_answer() {
    let network = toy::network();
    let calls = contract::calls(&network);
    let expected = block_on(contract::ask(&mut cpu(&network), &calls, |_| ()));
    let count = calls.iter().filter(|call| call.uses_device()).count();
    for failing in 1..=count + 1 {
        let mut engine = FallbackEngine::new(cpu(&network));
        engine.use_gpu(Tampered::new(&network, Fault::Call(failing)));
        let found = block_on(contract::ask(&mut engine, &calls, |_| ()));
        assert!(found == expected, "call {failing}");
        let failed = failing <= count;
        assert_eq!(engine.is_on_gpu(), !failed, "call {failing}");
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
