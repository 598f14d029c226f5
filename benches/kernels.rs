//! The convolutions of a ResNet-18, forward and backward, each against its definition's arithmetic: `cargo bench`.
//!
//! Throughput counts the multiplications and additions of the definition, however few the algorithm needs.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gradcam::kernel::cpu::{Backward, CpuKernel, Epilogue, Scratch};
use gradcam::kernel::{ReluRule, layout};
use gradcam::network::{Activation, Convolution, MapShape, Shape, Window};
use gradcam::operations::Definition;
use std::hint::black_box;
use std::sync::Arc;

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
            weight: Arc::new(values(out * channels * kernel * kernel)),
            bias: Arc::new(values(out)),
            window: Window::square(kernel, stride, kernel / 2),
            groups: 1,
        };
        let input = MapShape::new(channels, side, side);
        let output = convolution.output_shape(&[Shape::Map(input)]).expect("a convolution that fits").as_map();
        let prepared = convolution.prepare(input, output);
        let epilogue = Epilogue { activation: Some(Activation::Relu), ..Epilogue::default() };
        let maps = [values(layout::length(input)), values(layout::length(output))];
        let mut scratch = Scratch::default();

        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements((2 * convolution.weight.len() * output.area()) as u64));
        group.sample_size(20);
        group.bench_function("forward", |bencher| {
            bencher.iter(|| prepared.forward(&[black_box(&maps[0])], epilogue, &mut scratch));
        });
        group.bench_function("input gradient", |bencher| {
            bencher.iter(|| {
                let backward = Backward {
                    inputs: &[None],
                    output: None,
                    gradient: black_box(&maps[1]),
                    sum: None,
                    rule: ReluRule::Gradient,
                };
                prepared.input_gradient(0, backward, &mut scratch)
            });
        });
        group.finish();
    }
}

criterion_group!(benches, convolutions);
criterion_main!(benches);
