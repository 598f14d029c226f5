//! Whether an engine computes what it should, on the very device it runs on: compared with another engine, and checked by an
//! identity.
//!
//! Drivers and shader compilers have errors, and a wrong map looks as convincing as a right one. So before a GPU's answers
//! are shown, it runs the visitor's own network forward and backward, and the CPU, a second implementation, does the
//! same. The bounds are those by which the tests compare both with PyTorch: tight for the forward and for the last layer,
//! and wide at the input, where the rounding of the forward flips a few ReLUs.

use crate::cam::{self, Method};
use crate::engine::{Engine, EngineError, class_cotangent};
use crate::network::NodeId;

/// One thing that was compared.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Check {
    /// What.
    pub name: String,
    /// How far the two sides are apart.
    pub value: f64,
    /// How far they may be.
    pub bound: f64,
    /// Whether they are close enough.
    pub holds: bool,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SelfTest {
    /// Whether every check holds.
    pub passed: bool,
    /// Each of them.
    pub checks: Vec<Check>,
}

/// Runs both engines on the same made-up photo. Afterwards both have a forward of it.
pub async fn self_test<E: Engine, O: Engine>(engine: &mut E, other: &mut O) -> Result<SelfTest, EngineError> {
    let input = test_input(engine.network().input_shape().len());
    let expected = other.forward(&input).await?;
    let found = engine.forward(&input).await?;
    let mut checks = vec![check("Logits, CPU against GPU", relative(&found, &expected), 1e-4)];

    let class = (0..expected.len()).max_by(|&a, &b| expected[a].total_cmp(&expected[b])).unwrap_or(0);
    let cotangent = class_cotangent(expected.len(), class);
    if let Some(layer) = engine.network().default_layer().cloned() {
        let activation = engine.activation(layer.node).await?;
        let expected_activation = other.activation(layer.node).await?;
        let error = relative(&activation.values, &expected_activation.values);
        checks.push(check(format!("Activations at {}", layer.name), error, 1e-4));
        let gradient = engine.gradient(&cotangent, layer.node).await?;
        let expected_gradient = other.gradient(&cotangent, layer.node).await?;
        let error = relative(&gradient.values, &expected_gradient.values);
        checks.push(check(format!("Gradient at {}", layer.name), error, 2e-3));
        // Completeness: for this head HiResCAM at the last layer sums to the logit less its bias.
        if let Some(head) = engine.network().linear_head() {
            let sum = cam::map(Method::HiResCam, &activation, &gradient).sum();
            let logit = f64::from(found[class]);
            let residual = (sum + f64::from(head.linear.bias[class]) - logit).abs() / logit.abs().max(1.0);
            checks.push(check("Sum of the map + bias = logit", residual, 1e-3));
        }
    }
    let gradient = engine.gradient(&cotangent, NodeId::INPUT).await?;
    let expected = other.gradient(&cotangent, NodeId::INPUT).await?;
    checks.push(check("Gradient at the input", relative(&gradient.values, &expected.values), 8e-2));
    Ok(SelfTest { passed: checks.iter().all(|check| check.holds), checks })
}

fn check(name: impl Into<String>, value: f64, bound: f64) -> Check {
    // Not `value > bound`: NaN must fail.
    Check { name: name.into(), value, bound, holds: value <= bound }
}

/// `‖found − expected‖ / ‖expected‖`; 0 where both are nothing but zeros.
fn relative(found: &[f32], expected: &[f32]) -> f64 {
    let (mut difference, mut norm) = (0.0, 0.0);
    for (&found, &expected) in found.iter().zip(expected) {
        difference += (f64::from(found) - f64::from(expected)).powi(2);
        norm += f64::from(expected).powi(2);
    }
    if difference == 0.0 { 0.0 } else { (difference / norm).sqrt() }
}

/// A normalised blank photo: waves of many lengths, the same at every run.
fn test_input(length: usize) -> Vec<f32> {
    const FREQUENCIES: [f32; 5] = [0.000_13, 0.002_9, 0.028, 0.31, 1.7];
    let wave = |index: f32| FREQUENCIES.iter().map(|frequency| (index * frequency).sin()).sum::<f32>();
    (0..length).map(|index| wave(index as f32)).collect()
}
