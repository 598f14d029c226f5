//! Other people's answers: the vectors of Captum's `tests/attr/test_grad_cam.py`, `BasicModel_ConvNet_One_Conv`.

use gradcam::cam::{Method, map};
use gradcam::cpu::CpuEngine;
use gradcam::engine::{Engine, class_cotangent};
use gradcam::network::{
    Activation, Convolution, Linear, MapShape, Network, NetworkBuilder, NodeId, Operation, Window,
};
use std::sync::Arc;

/// A 3 × 3 convolution of ones from 1 to 2 channels with biases −50 and −75, a ReLU as a layer of its own, and a linear
/// layer over all eight cells.
fn network() -> Network {
    let mut builder = NetworkBuilder::new(MapShape::new(1, 4, 4));
    let mut push =
        |name: &str, operation: Operation, input: NodeId| builder.push(name, operation, &[input]).expect(name);
    let convolution = Convolution {
        weight: Arc::new(vec![1.0; 2 * 9]),
        bias: Arc::new(vec![-50.0, -75.0]),
        window: Window::square(3, 1, 0),
        groups: 1,
    };
    let conv1 = push("conv1", convolution.into(), NodeId::INPUT);
    // Behind nothing but its activation a convolution would be no layer.
    let identity = Convolution {
        weight: Arc::new(vec![1.0, 0.0, 0.0, 1.0]),
        bias: Arc::new(vec![0.0; 2]),
        window: Window::square(1, 1, 0),
        groups: 1,
    };
    let relu1 = push("relu1/identity", identity.into(), conv1);
    let relu1 = push("relu1/relu", Activation::Relu.into(), relu1);
    let row = [1.0, 1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0];
    let linear = Linear { weight: Arc::new(row.repeat(4)), bias: Arc::new(vec![0.0; 4]) };
    let logits = push("fc", linear.into(), relu1);
    builder.finish("one convolution", logits).expect("a network")
}

#[test]
fn grad_cam_at_the_convolution_and_at_its_relu() {
    let network = network();
    let layers = network.layers().to_vec();
    let mut engine = CpuEngine::new(network).expect("an engine");
    let input: Vec<f32> = (0..16u8).map(f32::from).collect();
    pollster::block_on(async {
        engine.forward(&input).await.expect("a forward");
        for (layer, expected) in layers.iter().zip([[11.25, 13.5, 20.25, 22.5], [0.0, 4.0, 28.0, 32.5]]) {
            let activation = engine.activation(layer.node).await.expect("an activation");
            let gradient = engine.gradient(&class_cotangent(4, 0), layer.node).await.expect("a gradient");
            assert_eq!(map(Method::GradCam, &activation, &gradient).values, expected, "{}", layer.name);
        }
    });
}
