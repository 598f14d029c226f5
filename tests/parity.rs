//! The CPU engine against PyTorch's answers, on the default model and the sample photos.

mod support;

use gradcam::cpu::CpuEngine;
use support::files::{default_network, fixture};
use support::parity::{Arithmetic, judge, measure, measure_with_input};
use support::reference::Reference;
use support::reference_engine::ReferenceEngine;
use support::untrained::{Untrained, untrained_network};

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

/// An untrained network with 7 classes, as deep and as wide as its name says, from files of both formats.
fn check_untrained(untrained: Untrained) {
    let name = untrained.name();
    let bytes = fixture(&format!("references/{name}.safetensors"));
    let reference = Reference::new(&bytes);
    let photo = fixture("references/dahlia.safetensors");
    let input = Reference::new(&photo).input();
    let network = untrained_network(untrained, &reference);
    assert_eq!(network.architecture(), name);
    assert_eq!(network.classes(), 7);
    let mut engine = CpuEngine::new(network).expect("an engine");
    let measured = pollster::block_on(measure_with_input(&mut engine, &reference, &input, Arithmetic::Fast));
    judge(name, &measured.expect("a forward and its gradients"));
}

#[test]
fn resnet34() {
    check_untrained(Untrained::ResNet34);
}

#[test]
fn resnet50() {
    check_untrained(Untrained::ResNet50);
}

/// Convolutions in groups.
#[test]
fn resnext50() {
    check_untrained(Untrained::ResNext50);
}
