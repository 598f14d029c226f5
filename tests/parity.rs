//! The CPU engine against PyTorch's answers, on the default model and the sample photos.

mod support;

use gradcam::cpu::CpuEngine;
use gradcam::network::Network;
use gradcam::weights::Weights;
use support::files::{default_network, fixture};
use support::parity::{Arithmetic, Measurement, measure, measure_with_input};
use support::random::generated_resnet34;
use support::reference::Reference;
use support::reference_engine::ReferenceEngine;

/// Prints the tightest measurements and fails with every one that does not hold.
fn judge(photo: &str, measurements: &[Measurement]) {
    let worst = |prefix: &str| {
        let values = measurements.iter().filter(|m| m.what.starts_with(prefix)).map(|m| m.value);
        values.fold(0.0, f64::max)
    };
    let deep = measurements.iter().filter(|m| m.bound == 2e-3).map(|m| m.value).fold(0.0, f64::max);
    println!(
        "{photo}: {} measurements; deep maps {deep:.1e}, logits {:.1e}, activations {:.1e}, own backward {:.1e}, maps {:.1e}, input gradient {:.1e}",
        measurements.len(),
        worst("logits"),
        worst("activation"),
        worst("gradient of"),
        worst("grad-cam").max(worst("hires")).max(worst("layer-cam")).max(worst("xgrad")),
        worst("input gradient"),
    );
    let broken: Vec<_> = measurements.iter().filter(|measurement| !measurement.holds).collect();
    assert!(broken.is_empty(), "{photo}: {broken:#?}");
}

fn check(photo: &str) {
    let bytes = fixture(&format!("references/{photo}.safetensors"));
    let reference = Reference::new(&bytes);
    let mut engine = CpuEngine::new(default_network()).expect("an engine");
    let measured = pollster::block_on(measure(&mut engine, &reference, Arithmetic::Fast));
    judge(photo, &measured.expect("a forward and its gradients"));
    let mut engine = ReferenceEngine::new(default_network());
    let measured = pollster::block_on(measure(&mut engine, &reference, Arithmetic::Definition));
    judge(&format!("{photo}, reference kernels"), &measured.expect("a forward and its gradients"));
}

#[test]
fn dahlia() {
    check("dahlia");
}

#[test]
fn cat() {
    check("cat");
}

#[test]
fn marigold() {
    check("marigold");
}

#[test]
fn yellow_daisy() {
    check("yellow-daisy");
}

#[test]
fn ladybird() {
    check("ladybird");
}

/// An untrained ResNet-34 with 7 classes, as deep and as wide as its name says.
#[test]
fn resnet34() {
    let bytes = fixture("references/resnet34.safetensors");
    let reference = Reference::new(&bytes);
    let photo = fixture("references/dahlia.safetensors");
    let input = Reference::new(&photo).input();
    let (model, sum) = generated_resnet34(7);
    assert_eq!(sum.to_string(), reference.metadata("weights_checksum"), "the formula for the weights");
    let weights = Weights::from_safetensors(&model).expect("a model file");
    let network = Network::from_weights(&weights, None).expect("a ResNet-34");
    assert_eq!(network.architecture(), "resnet34");
    assert_eq!(network.labels()[6], "class 6");
    let mut engine = CpuEngine::new(network).expect("an engine");
    let measured = pollster::block_on(measure_with_input(&mut engine, &reference, &input, Arithmetic::Fast));
    judge("resnet34", &measured.expect("a forward and its gradients"));
}
