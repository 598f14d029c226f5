//! The convolutions of a ResNet-18, forward and backward, each against its definition's arithmetic: `cargo bench`.
//!
//! Throughput counts the multiplications and additions of the definition, however few the algorithm needs.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gradcam::cpu::kernels::convolution::PreparedConvolution;
use gradcam::cpu::kernels::{Scratch, layout};
use gradcam::network::{Convolution, NetworkBuilder, NodeId, Shape};
use std::hint::black_box;

/// Name, channels in and out, side, kernel, stride.
const CONVOLUTIONS: [(&str, [usize; 5]); 9] = [
    ("stem", [3, 64, 224, 7, 2]),
    ("layer1", [64, 64, 56, 3, 1]),
    ("layer2 stride", [64, 128, 56, 3, 2]),
    ("layer2 projection", [64, 128, 56, 1, 2]),
    ("layer2", [128, 128, 28, 3, 1]),
    ("layer3 stride", [128, 256, 28, 3, 2]),
    ("layer3", [256, 256, 14, 3, 1]),
    ("layer4 stride", [256, 512, 14, 3, 2]),
    ("layer4", [512, 512, 7, 3, 1]),
];

/// Values of both signs without a pattern.
fn values(length: usize) -> Vec<f32> {
    (0..length).map(|index| (index as f32 * 0.7).sin()).collect()
}

fn convolutions(criterion: &mut Criterion) {
    for (name, [channels, out, side, kernel, stride]) in CONVOLUTIONS {
        let convolution = Convolution {
            weight: values(out * channels * kernel * kernel),
            bias: values(out),
            kernel,
            stride,
            padding: kernel / 2,
            residual: None,
            relu: true,
        };
        let input = Shape::new(channels, side, side);
        let mut builder = NetworkBuilder::new(input);
        let node = builder.convolution(NodeId::INPUT, convolution.clone());
        let output = builder.finish(name).node(node).shape;
        let prepared = PreparedConvolution::new(&convolution, input, output);
        let maps = [values(layout::length(input)), values(layout::length(output))];
        let mut scratch = Scratch::default();

        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements((2 * convolution.weight.len() * output.area()) as u64));
        group.sample_size(20);
        group.bench_function("forward", |bencher| {
            bencher.iter(|| prepared.forward(black_box(&maps[0]), None, &mut scratch));
        });
        group.bench_function("input gradient", |bencher| {
            bencher.iter(|| prepared.input_gradient(black_box(&maps[1]), None, &mut scratch));
        });
        group.finish();
    }
}

criterion_group!(benches, convolutions);
criterion_main!(benches);
