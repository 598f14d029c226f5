//! The CPU engine against PyTorch's answers, on the default model and the sample photos.

mod support;

use gradcam::cpu::CpuEngine;
use gradcam::network::Network;
use gradcam::weights::Weights;
use support::files::{default_network, fixture};
use support::parity::{Arithmetic, judge, measure, measure_with_input};
use support::random::Untrained;
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

/// Whatever the file's format: an untrained network with 7 classes, as deep and as wide as its name says.
fn check_untrained(untrained: Untrained, model: &[u8]) {
    let name = untrained.name();
    let bytes = fixture(&format!("references/{name}.safetensors"));
    let reference = Reference::new(&bytes);
    let photo = fixture("references/dahlia.safetensors");
    let input = Reference::new(&photo).input();
    let sum = untrained.checksum(7).to_string();
    assert_eq!(sum, reference.metadata("weights_checksum"), "the formula for the weights");
    let network = Network::from_weights(&Weights::read(model).expect("a model file"), None).expect("a ResNet");
    assert_eq!(network.architecture(), name);
    assert_eq!(network.labels()[6], "class 6");
    let mut engine = CpuEngine::new(network).expect("an engine");
    let measured = pollster::block_on(measure_with_input(&mut engine, &reference, &input, Arithmetic::Fast));
    judge(name, &measured.expect("a forward and its gradients"));
}

#[test]
fn resnet34() {
    check_untrained(Untrained::ResNet34, &Untrained::ResNet34.safetensors(7));
}

#[test]
fn resnet34_from_a_checkpoint() {
    check_untrained(Untrained::ResNet34, &Untrained::ResNet34.checkpoint(7));
}
