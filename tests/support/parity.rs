//! Compares an engine with PyTorch's answers, by three bounds.
//!
//! ReLU masks make the gradient a discontinuous function of the forward: rounding flips a few of them, and a tight
//! bound on shallow maps end to end would only forbid other orders of summation. So the forward is compared with
//! PyTorch's, the backward against a plain `f64` one over the engine's *own* forward, and the two together, more
//! loosely where the network is shallow, against PyTorch's maps.

use super::{backward, outputs, random, reference::Reference};
use gradcam::cam::{self, Method};
use gradcam::engine::{Engine, EngineError, class_cotangent};
use gradcam::network::{Layer, NodeId};

/// How closely an engine's arithmetic follows the definition of a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// Letter by letter: the reference kernels.
    Definition,
    /// In another order, or by way of a transform: whatever is fast.
    Fast,
}

/// One comparison.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Measurement {
    pub what: String,
    pub value: f64,
    pub bound: f64,
    pub holds: bool,
}

impl Measurement {
    fn at_most(what: String, value: f64, bound: f64) -> Self {
        // Not `value > bound`: NaN must fail.
        Self { what, value, bound, holds: value <= bound }
    }

    fn at_least(what: String, value: f64, bound: f64) -> Self {
        Self { what, value, bound, holds: value >= bound }
    }
}

/// `‖found − expected‖ / ‖expected‖`.
pub fn relative_l2<A: Copy + Into<f64>, B: Copy + Into<f64>>(found: &[A], expected: &[B]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let (mut difference, mut norm) = (0.0, 0.0);
    for (&found, &expected) in found.iter().zip(expected) {
        let (found, expected): (f64, f64) = (found.into(), expected.into());
        difference += (found - expected).powi(2);
        norm += expected.powi(2);
    }
    (difference / norm).sqrt()
}

/// Pearson's correlation.
pub fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let mean = |values: &[f32]| values.iter().copied().map(f64::from).sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (&a, &b) in a.iter().zip(b) {
        let (a, b) = (f64::from(a) - mean_a, f64::from(b) - mean_b);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    ab / (aa * bb).sqrt()
}

/// All three bounds for one photo.
pub async fn measure<E: Engine>(
    engine: &mut E,
    reference: &Reference<'_>,
    arithmetic: Arithmetic,
) -> Result<Vec<Measurement>, EngineError> {
    measure_with_input(engine, reference, &reference.input(), arithmetic).await
}

/// The same, for a reference that does not store its input.
pub async fn measure_with_input<E: Engine>(
    engine: &mut E,
    reference: &Reference<'_>,
    input: &[f32],
    arithmetic: Arithmetic,
) -> Result<Vec<Measurement>, EngineError> {
    let mut measurements = forward(engine, reference, input).await?;
    // The reference kernels' way back is the very one that they would be compared with.
    if arithmetic != Arithmetic::Definition {
        measurements.extend(own_backward(engine, reference).await?);
    }
    measurements.extend(end_to_end(engine, reference, arithmetic).await?);
    Ok(measurements)
}

/// Bound 1: logits and activations.
async fn forward<E: Engine>(
    engine: &mut E,
    reference: &Reference<'_>,
    input: &[f32],
) -> Result<Vec<Measurement>, EngineError> {
    let logits = engine.forward(input).await?;
    let expected = reference.logits();
    assert_eq!(logits.len(), expected.len());
    let differences = logits.iter().zip(&expected).map(|(a, b)| f64::from((a - b).abs()));
    let mut measurements =
        vec![Measurement::at_most("logits, largest difference".into(), differences.fold(0.0, f64::max), 1e-3)];
    for layer in engine.network().layers().to_vec() {
        let sample = reference.activation(&layer.name);
        let activation = engine.activation(layer.node).await?;
        let error = relative_l2(&sample.of(&activation.values), &sample.values);
        measurements.push(Measurement::at_most(format!("activation at {}", layer.name), error, 1e-4));
    }
    Ok(measurements)
}

/// Bound 2: gradients of one class and of a random cotangent, and the guided one, given the engine's own forward.
async fn own_backward<E: Engine>(
    engine: &mut E,
    reference: &Reference<'_>,
) -> Result<Vec<Measurement>, EngineError> {
    let network = engine.network();
    let classes = network.classes();
    let mut targets = vec![("the input".to_string(), NodeId::INPUT)];
    targets.extend(network.layers().iter().map(|layer| (layer.name.clone(), layer.node)));
    let outputs = outputs::kept(engine).await?;
    let cotangents = [
        ("one class", class_cotangent(classes, reference.classes()[0])),
        ("a random cotangent", random::signed("seed", classes)),
    ];
    let guided = backward::guided(engine.network(), &outputs, &cotangents[0].1);
    let found = engine.guided_gradient(&cotangents[0].1).await?;
    let error = relative_l2(&found.values, &guided[NodeId::INPUT.index()]);
    let mut measurements = vec![Measurement::at_most("gradient of one class, guided".into(), error, 1e-4)];
    for (name, cotangent) in cotangents {
        let expected = backward::gradients(engine.network(), &outputs, &cotangent);
        for (target, node) in &targets {
            let found = engine.gradient(&cotangent, *node).await?;
            let error = relative_l2(&found.values, &expected[node.index()]);
            measurements.push(Measurement::at_most(format!("gradient of {name} at {target}"), error, 1e-4));
        }
    }
    Ok(measurements)
}

/// Bound 3: maps, input gradients and guided ones, against PyTorch's.
async fn end_to_end<E: Engine>(
    engine: &mut E,
    reference: &Reference<'_>,
    arithmetic: Arithmetic,
) -> Result<Vec<Measurement>, EngineError> {
    let layers = engine.network().layers().to_vec();
    let classes = engine.network().classes();
    let mut measurements = Vec::new();
    for &class in reference.classes() {
        let cotangent = class_cotangent(classes, class);
        for layer in layers.iter().rev() {
            let activation = engine.activation(layer.node).await?;
            let gradient = engine.gradient(&cotangent, layer.node).await?;
            for method in Method::ALL {
                let expected = reference.map(&layer.name, class, method);
                let found = cam::map(method, &activation, &gradient).values;
                let what = format!("{} of class {class} at {}", method.name(), layer.name);
                let bound = match arithmetic {
                    // What PyTorch's own float32 leaves open comes on top.
                    Arithmetic::Definition => {
                        definition_bound(&layer.name) + reference.map_rounding(&layer.name, class, method)
                    }
                    Arithmetic::Fast => fast_bound(&layers, layer),
                };
                measurements.push(Measurement::at_most(what.clone(), relative_l2(&found, &expected), bound));
                let what = format!("correlation, {what}");
                measurements.push(Measurement::at_least(what, correlation(&found, &expected), 0.999));
            }
        }
        if let Some(expected) = reference.input_gradient(class) {
            let found = engine.gradient(&cotangent, NodeId::INPUT).await?;
            let what = format!("input gradient of class {class}");
            let error = relative_l2(&expected.of(&found.values), &expected.values);
            measurements.push(Measurement::at_most(what, error, 8e-2));
        }
        if let Some(expected) = reference.guided_gradient(class) {
            let found = engine.guided_gradient(&cotangent).await?;
            let error = relative_l2(&found.values, &expected);
            measurements.push(Measurement::at_most(format!("guided gradient of class {class}"), error, 8e-2));
        }
    }
    Ok(measurements)
}

/// How far a fast engine's map at `layer` may be from PyTorch's, in relative L2: less from the last block of the third
/// stage on (`layer3.1` of a ResNet-18), where few ReLUs are left to differ in.
fn fast_bound(layers: &[Layer], layer: &Layer) -> f64 {
    let fourth_stage = layers.iter().position(|layer| layer.name.starts_with("layer4")).unwrap_or(layers.len());
    let deep = layers.iter().skip(fourth_stage.saturating_sub(1)).any(|other| other == layer);
    if deep { 2e-3 } else { 5e-2 }
}

/// The same for the reference kernels.
fn definition_bound(layer: &str) -> f64 {
    let shallow = ["stem", "maxpool"].contains(&layer) || layer.starts_with("layer1");
    if shallow { 2e-2 } else { 1e-3 }
}

/// Prints the tightest measurements and fails with every one that does not hold.
pub fn judge(photo: &str, measurements: &[Measurement]) {
    let worst = |prefix: &str| {
        let values = measurements.iter().filter(|m| m.what.starts_with(prefix)).map(|m| m.value);
        values.fold(0.0, f64::max)
    };
    let deep = measurements.iter().filter(|m| m.bound == 2e-3).map(|m| m.value).fold(0.0, f64::max);
    println!(
        "{photo}: {} measurements; deep maps {deep:.1e}, logits {:.1e}, activations {:.1e}, own backward {:.1e}, maps {:.1e}, input gradient {:.1e}, guided {:.1e}",
        measurements.len(),
        worst("logits"),
        worst("activation"),
        worst("gradient of"),
        worst("grad-cam").max(worst("hires")).max(worst("layer-cam")).max(worst("xgrad")),
        worst("input gradient"),
        worst("guided gradient"),
    );
    let broken: Vec<_> = measurements.iter().filter(|measurement| !measurement.holds).collect();
    assert!(broken.is_empty(), "{photo}: {broken:#?}");
}
