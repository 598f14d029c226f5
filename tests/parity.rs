//! The CPU engine against PyTorch's answers, on the default model and the sample photos.

mod support;

use gradcam::cpu::CpuEngine;
use gradcam::network::Network;
use gradcam::weights::Weights;
use support::files::{default_network, fixture};
use support::parity::{Arithmetic, judge, measure, measure_with_input};
use support::random::generated_resnet34;
use support::reference::Reference;
use support::reference_engine::ReferenceEngine;

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
