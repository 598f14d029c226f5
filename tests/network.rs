//! Networks as they are built from tensors: every depth, what is close to one, and inputs of other sizes.

mod support;

use gradcam::cpu::CpuEngine;
use gradcam::engine::Engine;
use gradcam::families::{self, FamilyError};
use gradcam::network::{MapShape, Network, NetworkError, NodeId};
use gradcam::weights::Weights;
use pollster::block_on;
use safetensors::{Dtype, View};
use std::borrow::Cow;
use support::parity::relative_l2;
use support::random::signed;
use support::reference_engine::ReferenceEngine;
use support::resnet::{
    RESNET18, RESNET34, RESNET50, RESNET101, RESNET152, RESNEXT50, RESNEXT101_32, RESNEXT101_64, Resnet,
    WIDE_RESNET50, WIDE_RESNET101,
};
use support::untrained::Untrained;
use support::{backward, outputs, toy};

/// A tensor of noughts.
struct Noughts(Vec<usize>);

impl View for Noughts {
    fn dtype(&self) -> Dtype {
        Dtype::F16
    }

    fn shape(&self) -> &[usize] {
        &self.0
    }

    fn data(&self) -> Cow<'_, [u8]> {
        vec![0; self.data_len()].into()
    }

    fn data_len(&self) -> usize {
        2 * self.0.iter().product::<usize>()
    }
}

fn build(tensors: Vec<(String, Vec<usize>)>) -> Result<Network, FamilyError> {
    let views = tensors.into_iter().map(|(name, shape)| (name, Noughts(shape)));
    let bytes = safetensors::serialize(views, None).expect("a model file");
    families::build(&Weights::read(&bytes).expect("a model file"))
}

#[test]
fn every_architecture_is_recognised() {
    for (resnet, name, last, channels) in [
        (RESNET18, "resnet18", "layer4.1", 512),
        (RESNET34, "resnet34", "layer4.2", 512),
        (RESNET50, "resnet50", "layer4.2", 2048),
        (RESNET101, "resnet101", "layer4.2", 2048),
        (RESNET152, "resnet152", "layer4.2", 2048),
        (WIDE_RESNET50, "wide_resnet50_2", "layer4.2", 2048),
        (WIDE_RESNET101, "wide_resnet101_2", "layer4.2", 2048),
        (RESNEXT50, "resnext50_32x4d", "layer4.2", 2048),
        (RESNEXT101_32, "resnext101_32x8d", "layer4.2", 2048),
        (RESNEXT101_64, "resnext101_64x4d", "layer4.2", 2048),
    ] {
        let network = build(resnet.tensors(5)).expect(name);
        assert_eq!(network.architecture(), name);
        assert_eq!(network.classes(), 5);
        assert_eq!(network.layers().len(), 2 + resnet.depth.iter().sum::<usize>());
        let head = network.linear_head().expect("a pooled head");
        assert_eq!(head.layer.name, last);
        assert_eq!(head.shape, MapShape::new(channels, 7, 7));
        let shape = |layer: &str| network.map_shape(network.layer(layer).expect("a layer").node);
        assert_eq!(shape("stem"), MapShape::new(64, 112, 112));
        assert_eq!(shape("layer1.0"), MapShape::new(channels / 8, 56, 56));
        assert_eq!(shape("layer3.1"), MapShape::new(channels / 2, 14, 14));
    }
}

#[test]
fn a_depth_without_a_name_is_refused() {
    let error = build(Resnet { depth: [2, 2, 2, 2], ..RESNET50 }.tensors(5)).expect_err("a ResNet-26").to_string();
    assert!(error.contains("[2, 2, 2, 2] blocks of 3 convolutions"), "{error}");
}

#[test]
fn widths_that_nobody_has_are_refused_by_their_shapes() {
    let changed = |name: &str, shape: &[usize]| {
        let mut tensors = RESNET50.tensors(5);
        let tensor = tensors.iter_mut().find(|(own, _)| own == name).expect("such a tensor");
        tensor.1 = shape.to_vec();
        build(tensors).expect_err("another network").to_string()
    };
    let error = changed("layer1.0.conv1.weight", &[128, 64, 1, 1]);
    assert!(
        error.contains("“layer1.0.conv1.weight” has shape [128, 64, 1, 1], but a resnet50 needs [64, 64, 1, 1]"),
        "{error}"
    );
    let error = changed("layer1.0.conv2.weight", &[64, 4, 3, 3]);
    assert!(
        error.contains("“layer1.0.conv2.weight” has shape [64, 4, 3, 3], but a resnet50 needs [64, 64, 3, 3]"),
        "{error}"
    );
    let error = changed("fc.weight", &[5, 512]);
    assert!(error.contains("“fc.weight” has shape [5, 512], but a resnet50 needs [5, 2048]"), "{error}");
}

#[test]
fn other_inputs_change_the_shapes_alone() {
    let network = build(RESNET50.tensors(5)).expect("a ResNet-50");
    for (side, last) in [(32, 1), (33, 2), (160, 5), (224, 7), (288, 9), (321, 11), (1024, 32)] {
        let other = network.clone().with_input_side(side).expect("a side that is allowed");
        assert_eq!(other.input_shape(), MapShape::new(3, side, side));
        assert_eq!(other.linear_head().expect("a pooled head").shape, MapShape::new(2048, last, last), "{side}");
        assert_eq!(other.layers(), network.layers());
        for (node, original) in other.nodes().iter().zip(network.nodes()) {
            assert!(node.operation.is_same(&original.operation), "parameters are shared");
        }
        assert_eq!(network.has_same_graph(&other), side == 224);
        assert!(other.with_input_side(224).expect("and back").has_same_graph(&network));
    }
}

#[test]
fn sides_out_of_bounds_are_refused() {
    let network = build(RESNET18.tensors(5)).expect("a ResNet-18");
    for side in [0, 31, 1025, usize::MAX] {
        let error = network.clone().with_input_side(side).expect_err("out of bounds");
        assert_eq!(error, NetworkError::InputSide { side });
        assert!(error.to_string().contains("from 32 to 1024"), "{error}");
    }
    // A linear layer over a whole feature map fits that map alone.
    assert!(toy::network().with_input_side(64).is_err());
    let pooled = toy::pooled_network().with_input_side(64).expect("a network that is pooled");
    assert_eq!(pooled.input_shape(), MapShape::new(2, 64, 64));
}

/// Layers follow from the graph: these are the names that saved links have.
#[test]
fn layers_are_called_as_they_always_were() {
    let network = build(RESNET18.tensors(5)).expect("a ResNet-18");
    let names: Vec<&str> = network.layers().iter().map(|layer| layer.name.as_str()).collect();
    let blocks = ["1.0", "1.1", "2.0", "2.1", "3.0", "3.1", "4.0", "4.1"].map(|block| format!("layer{block}"));
    assert_eq!(names[..2], ["stem", "maxpool"]);
    assert_eq!(names[2..], blocks);
    let stages: Vec<String> = network.stages().into_iter().map(|layer| layer.name).collect();
    assert_eq!(stages, ["layer1.1", "layer2.1", "layer3.1", "layer4.1"]);
}

/// Bottlenecks, on maps of sizes that no tile fits: forward and backward against the definitions.
#[test]
fn the_cpu_computes_a_resnet50_of_any_size() {
    let model = Untrained::ResNet50.safetensors(7);
    let network = families::build(&Weights::read(&model).expect("a model file")).expect("a ResNet-50");
    for side in [97, 160] {
        let network = network.clone().with_input_side(side).expect("a side that is allowed");
        let input = signed("photo", network.input_shape().len());
        let mut reference = ReferenceEngine::new(network.clone());
        let expected = block_on(reference.forward(&input)).expect("a forward");
        let mut engine = CpuEngine::new(network.clone()).expect("an engine");
        let found = block_on(engine.forward(&input)).expect("a forward");
        assert!(relative_l2(&found, &expected) < 1e-5, "logits at {side}");
        let outputs = block_on(outputs::kept(&mut engine)).expect("activations");
        for id in network.node_ids().filter(|id| !outputs[id.index()].is_empty()) {
            let expected = block_on(reference.activation(id)).expect("an activation").values;
            let error = relative_l2(&outputs[id.index()], &expected);
            assert!(error < 1e-5, "output of node {} at {side}: {error:e}", id.index());
        }
        let cotangent = signed("seed", network.classes());
        let expected = backward::gradients(&network, &outputs, &cotangent);
        let nodes = network.layers().iter().map(|layer| layer.node).chain([NodeId::INPUT]);
        for node in nodes {
            let found = block_on(engine.gradient(&cotangent, node)).expect("a gradient").values;
            let error = relative_l2(&found, &expected[node.index()]);
            assert!(error < 1e-5, "gradient at node {} at {side}: {error:e}", node.index());
        }
    }
}
