//! What the maps of a photo take on top of the network: `cargo bench --bench explain`.
//!
//! The project's own bound: the maps of all layers, the forward included, within 1.3 times a forward with the gradient at the
//! input.

use criterion::{Criterion, criterion_group, criterion_main};
use gradcam::cam;
use gradcam::cpu::CpuEngine;
use gradcam::engine::{Engine, class_cotangent};
use gradcam::explain::{Explainer, Method};
use gradcam::families;
use gradcam::network::NodeId;
use gradcam::photo::{InputSpec, Photo};
use gradcam::weights::Weights;
use pollster::block_on;
use std::error::Error;
use std::fs::read;
use std::hint::black_box;

fn prepare() -> Result<(Explainer<CpuEngine>, Vec<f32>), Box<dyn Error>> {
    let model = read("www/models/resnet18-flowers102.safetensors")?;
    let network = families::build(&Weights::from_safetensors(&model)?)?;
    let input = Photo::decode(&read("www/photos/dahlia.jpg")?)?.network_input(&InputSpec::IMAGENET);
    Ok((Explainer::new(CpuEngine::new(network)?), input))
}

fn explanations(criterion: &mut Criterion) {
    let (mut explainer, input) = prepare().expect("the default model and its photo");
    let cotangent = class_cotangent(explainer.network().classes(), 46);
    let mut group = criterion.benchmark_group("explain");
    group.sample_size(20);
    group.bench_function("forward and gradient at the input", |bencher| {
        bencher.iter(|| {
            block_on(explainer.forward(&input)).expect("a forward");
            block_on(explainer.engine_mut().gradient(&cotangent, NodeId::INPUT)).expect("a gradient")
        });
    });
    for method in Method::ALL.into_iter().filter(|&method| method.traits().has_layer_maps) {
        group.bench_function(format!("forward and {} of all layers", method.name()), |bencher| {
            bencher.iter(|| {
                block_on(explainer.forward(&input)).expect("a forward");
                block_on(explainer.layer_maps(method, Some(46))).expect("maps")
            });
        });
    }
    for layer in explainer.network().layers().to_vec() {
        let activation = block_on(explainer.engine_mut().activation(layer.node)).expect("an activation");
        group.bench_function(format!("eigen-cam at {}, from the activation", layer.name), |bencher| {
            bencher.iter(|| cam::eigen_cam(black_box(&activation)));
        });
    }
    group.finish();
}

criterion_group!(benches, explanations);
criterion_main!(benches);
