//! Other people's answers: the vectors of Captum's `tests/attr/test_grad_cam.py`, `BasicModel_ConvNet_One_Conv`.

use gradcam::cam::{Method, map};
use gradcam::cpu::CpuEngine;
use gradcam::engine::{Engine, class_seed};
use gradcam::network::{Convolution, Linear, Network, NetworkBuilder, NodeId, Shape};

/// A 3 × 3 convolution of ones from 1 to 2 channels with biases −50 and −75, a ReLU as a layer of its own, and a linear
/// layer over all eight cells.
fn network() -> Network {
    let mut builder = NetworkBuilder::new(Shape::new(1, 4, 4));
    let convolution = Convolution {
        weight: vec![1.0; 2 * 9],
        bias: vec![-50.0, -75.0],
        kernel: 3,
        stride: 1,
        padding: 0,
        residual: None,
        relu: false,
    };
    let conv1 = builder.convolution(NodeId::INPUT, convolution);
    builder.name("conv1", conv1);
    let identity = Convolution {
        weight: vec![1.0, 0.0, 0.0, 1.0],
        bias: vec![0.0; 2],
        kernel: 1,
        stride: 1,
        padding: 0,
        residual: None,
        relu: true,
    };
    let relu1 = builder.convolution(conv1, identity);
    builder.name("relu1", relu1);
    let row = [1.0, 1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0];
    builder.linear(relu1, Linear { weight: row.repeat(4), bias: vec![0.0; 4] });
    builder.finish("one convolution")
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
            let gradient = engine.gradient(&class_seed(4, 0), layer.node).await.expect("a gradient");
            assert_eq!(map(Method::GradCam, &activation, &gradient).values, expected, "{}", layer.name);
        }
    });
}
