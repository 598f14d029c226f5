//! The CPU kernels against their references, stock candle, and finite differences, at odd sizes.

mod support;

use candle_core::{Device, Tensor, Var};
use gradcam::cpu::CpuEngine;
use gradcam::cpu::kernels::convolution::{self, PreparedConvolution};
use gradcam::cpu::kernels::{Scratch, layout, max_pool};
use gradcam::engine::Engine;
use gradcam::network::{Convolution, MaxPool, NetworkBuilder, NodeId, Operation, Shape};
use std::sync::Arc;
use support::files::{default_network, fixture};
use support::parity::relative_l2;
use support::random;
use support::reference::Reference;

/// Channels in and out, height, width, kernel, stride, padding.
///
/// Those of 3, 1, 1 run by Winograd's algorithm, from a side of 12 on with the larger tiles; sides that tiles do not
/// divide, fewer channels than a vector has, and several blocks of tiles are among them.
const CONVOLUTIONS: [[usize; 7]; 17] = [
    [3, 5, 9, 7, 3, 1, 1],
    [2, 3, 1, 1, 3, 1, 1],
    [4, 9, 2, 3, 3, 1, 1],
    [5, 4, 12, 13, 3, 1, 1],
    [12, 20, 31, 14, 3, 1, 1],
    [68, 70, 7, 7, 3, 1, 1],
    [66, 72, 56, 27, 3, 1, 1],
    [6, 3, 33, 38, 7, 2, 3],
    [5, 6, 10, 9, 1, 3, 0],
    [1, 1, 1, 1, 1, 1, 0],
    [4, 8, 7, 7, 3, 2, 1],
    [4, 8, 8, 6, 3, 2, 1],
    [3, 6, 23, 17, 7, 2, 3],
    [5, 3, 6, 9, 1, 2, 0],
    [7, 13, 5, 3, 1, 1, 0],
    [2, 3, 11, 4, 5, 3, 2],
    [17, 9, 14, 14, 3, 1, 1],
];

struct Case {
    convolution: Arc<Convolution>,
    input_shape: Shape,
    output_shape: Shape,
    input: Vec<f32>,
    residual: Vec<f32>,
}

fn case([channels, out, height, width, kernel, stride, padding]: [usize; 7], relu: bool) -> Case {
    let input_shape = Shape::new(channels, height, width);
    let mut builder = NetworkBuilder::new(input_shape);
    let node = builder.convolution(
        NodeId::INPUT,
        Convolution {
            weight: random::signed("weight", out * channels * kernel * kernel),
            bias: random::signed("bias", out),
            kernel,
            stride,
            padding,
            residual: None,
            relu,
        },
    );
    let network = builder.finish("one convolution");
    let output_shape = network.node(node).shape;
    let Operation::Convolution(convolution) = &network.node(node).operation else { panic!("a convolution") };
    Case {
        convolution: Arc::clone(convolution),
        input_shape,
        output_shape,
        input: random::signed("input", input_shape.len()),
        residual: random::signed("residual", output_shape.len()),
    }
}

impl Case {
    /// The fast convolution, from and to maps that stand channel by channel.
    fn forward(&self, residual: Option<&[f32]>) -> Vec<f32> {
        let prepared = PreparedConvolution::new(&self.convolution, self.input_shape, self.output_shape);
        let input = layout::to_cells(self.input_shape, &self.input);
        let residual = residual.map(|residual| layout::to_cells(self.output_shape, residual));
        let output = prepared.forward(&input, residual.as_deref(), &mut Scratch::default());
        layout::to_channels(self.output_shape, &output)
    }

    /// The fast input gradient, plus `sum`.
    fn input_gradient(&self, gradient: &[f32], sum: Option<&[f32]>) -> Vec<f32> {
        let prepared = PreparedConvolution::new(&self.convolution, self.input_shape, self.output_shape);
        let gradient = layout::to_cells(self.output_shape, gradient);
        let sum = sum.map(|sum| layout::to_cells(self.input_shape, sum));
        let found = prepared.input_gradient(&gradient, sum.as_deref(), &mut Scratch::default());
        layout::to_channels(self.input_shape, &found)
    }
}

/// The fast max-pool, from and to maps that stand channel by channel.
fn pool(shape: Shape, output_shape: Shape, input: &[f32]) -> Vec<f32> {
    let output = max_pool::forward(POOL, shape, output_shape, &layout::to_cells(shape, input));
    layout::to_channels(output_shape, &output)
}

/// The fast input gradient of the max-pool.
fn pool_gradient(shape: Shape, output_shape: Shape, input: &[f32], gradient: &[f32]) -> Vec<f32> {
    let input = layout::to_cells(shape, input);
    let output = max_pool::forward(POOL, shape, output_shape, &input);
    let gradient = layout::to_cells(output_shape, gradient);
    let found = max_pool::input_gradient(POOL, shape, output_shape, &input, &output, &gradient);
    layout::to_channels(shape, &found)
}

fn widen(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}

fn tensor(values: &[f32], shape: &[usize]) -> Tensor {
    Tensor::from_slice(values, shape, &Device::Cpu).expect("a tensor")
}

#[test]
fn convolution_agrees_with_its_definition() {
    for sizes in CONVOLUTIONS {
        for (relu, with_residual) in [(false, false), (true, false), (true, true)] {
            let case = case(sizes, relu);
            let residual = with_residual.then_some(case.residual.as_slice());
            let found = case.forward(residual);
            let expected = convolution::reference::forward(
                &case.convolution,
                case.input_shape,
                case.output_shape,
                &widen(&case.input),
                residual.map(widen).as_deref(),
            );
            if expected.iter().all(|&value| value == 0.0) {
                assert!(found.iter().all(|&value| value == 0.0), "{sizes:?} {relu} {with_residual}");
                continue;
            }
            let error = relative_l2(&found, &expected);
            assert!(error < 2e-6, "{sizes:?} {relu} {with_residual}: {error:e}");
        }
    }
}

#[test]
fn the_input_gradient_agrees_with_its_definition() {
    for sizes in CONVOLUTIONS {
        let case = case(sizes, false);
        let gradient = &case.residual;
        let mut expected = convolution::reference::input_gradient(
            &case.convolution,
            case.input_shape,
            case.output_shape,
            &widen(gradient),
        );
        let error = relative_l2(&case.input_gradient(gradient, None), &expected);
        assert!(error < 2e-6, "{sizes:?}: {error:e}");

        for (expected, &sum) in expected.iter_mut().zip(&case.input) {
            *expected += f64::from(sum);
        }
        let error = relative_l2(&case.input_gradient(gradient, Some(&case.input)), &expected);
        assert!(error < 2e-6, "{sizes:?} with a sum: {error:e}");
    }
}

/// candle's own convolution and autograd: another implementation, by other people.
#[test]
fn convolution_agrees_with_stock_candle() {
    for sizes in CONVOLUTIONS {
        let [channels, out, height, width, kernel, stride, padding] = sizes;
        let case = case(sizes, false);
        let Case { convolution, input, residual: gradient, .. } = &case;
        let variable = Var::from_tensor(&tensor(input, &[1, channels, height, width])).expect("a variable");
        let weight = tensor(&convolution.weight, &[out, channels, kernel, kernel]);
        let bias = tensor(&convolution.bias, &[1, out, 1, 1]);
        let expected = variable.conv2d(&weight, padding, stride, 1, 1).expect("a convolution");
        let expected = expected.broadcast_add(&bias).expect("a bias");
        let values: Vec<f32> = expected.flatten_all().and_then(|t| t.to_vec1()).expect("values");
        assert!(relative_l2(&case.forward(None), &values) < 2e-6, "forward {sizes:?}");

        // candle 0.11 takes the cells that the stride leaves over below for those on the right.
        let left_over = |side: usize| (side + 2 * padding - kernel) % stride;
        if left_over(height) != left_over(width) {
            continue;
        }
        let seed = tensor(gradient, expected.dims());
        let root = (expected * seed).and_then(|product| product.sum_all()).expect("a root");
        let gradients = root.backward().expect("a backward pass");
        let values = gradients.get(&variable).expect("a gradient").flatten_all().and_then(|t| t.to_vec1::<f32>());
        let found = case.input_gradient(gradient, None);
        assert!(relative_l2(&found, &values.expect("values")) < 2e-6, "backward {sizes:?}");
    }
}

/// The definition's gradient against finite differences of the definition, exact up to `f64` rounding as both are linear.
#[test]
fn the_definition_is_its_own_finite_difference() {
    for sizes in CONVOLUTIONS {
        let Case { convolution, input_shape, output_shape, input, residual: seed } = case(sizes, false);
        let gradient =
            convolution::reference::input_gradient(&convolution, input_shape, output_shape, &widen(&seed));
        let value = |input: &[f64]| -> f64 {
            let output = convolution::reference::forward(&convolution, input_shape, output_shape, input, None);
            output.iter().zip(&seed).map(|(output, &seed)| output * f64::from(seed)).sum()
        };
        for position in [0, input.len() / 2, input.len() - 1] {
            let mut moved = widen(&input);
            moved[position] += 0.5;
            let above = value(&moved);
            moved[position] -= 1.0;
            let difference = above - value(&moved);
            assert!((difference - gradient[position]).abs() < 1e-9, "{sizes:?} at {position}");
        }
    }
}

const POOL: MaxPool = MaxPool { kernel: 3, stride: 2, padding: 1 };

fn pooled(input: Shape) -> Shape {
    let mut builder = NetworkBuilder::new(input);
    let node = builder.max_pool(NodeId::INPUT, POOL);
    builder.finish("a pool").node(node).shape
}

/// Moving one input a little moves `Σ output · seed` by its gradient: the maximum is linear away from ties.
#[test]
fn max_pool_is_its_own_finite_difference() {
    for shape in [Shape::new(2, 7, 6), Shape::new(1, 1, 1), Shape::new(3, 2, 9), Shape::new(1, 112, 5)] {
        let output_shape = pooled(shape);
        let input = random::signed("pooled", shape.len());
        let seed = random::signed("seed", output_shape.len());
        let gradient = pool_gradient(shape, output_shape, &input, &seed);
        let value = |input: &[f32]| -> f64 {
            let output = pool(shape, output_shape, input);
            output.iter().zip(&seed).map(|(&output, &seed)| f64::from(output) * f64::from(seed)).sum()
        };
        let step = 1.0 / 1024.0;
        for position in 0..input.len() {
            let mut moved = input.clone();
            moved[position] += step;
            let above = value(&moved);
            moved[position] = input[position] - step;
            let difference = (above - value(&moved)) / f64::from(2.0 * step);
            let found = f64::from(gradient[position]);
            // Where a step changes which input is largest, the difference lies between two gradients.
            let near_tie = input
                .iter()
                .enumerate()
                .any(|(other, value)| other != position && (value - input[position]).abs() <= 2.0 * step);
            assert!(
                near_tie || (difference - found).abs() < 1e-3,
                "{shape:?} at {position}: {difference} {found}"
            );
        }
    }
}

#[test]
fn max_pool_agrees_with_its_definition() {
    for shape in [Shape::new(2, 7, 6), Shape::new(1, 1, 1), Shape::new(7, 2, 9), Shape::new(64, 112, 5)] {
        let output_shape = pooled(shape);
        // Coarse values, so that there are ties.
        let input: Vec<f32> =
            random::signed("coarse", shape.len()).iter().map(|value| (value * 3.0).round()).collect();
        let seed = random::signed("seed", output_shape.len());
        let expected = max_pool::reference::forward(POOL, shape, output_shape, &input);
        assert_eq!(pool(shape, output_shape, &input), expected, "forward {shape:?}");
        let expected = max_pool::reference::input_gradient(POOL, shape, output_shape, &input, &seed);
        assert!(relative_l2(&pool_gradient(shape, output_shape, &input, &seed), &expected) < 1e-6, "{shape:?}");
    }
}

#[test]
fn max_pool_padding_never_wins_and_the_first_of_equals_gets_the_gradient() {
    let shape = Shape::new(1, 3, 3);
    let output_shape = pooled(shape);
    let input = [-1.0; 9];
    assert_eq!(pool(shape, output_shape, &input), [-1.0; 4]);
    // Windows begin at (−1, −1), (−1, 1), (1, −1), (1, 1): their first cells inside are 0, 1, 3 and 4.
    let gradient = pool_gradient(shape, output_shape, &input, &[1.0, 2.0, 3.0, 4.0]);
    assert_eq!(gradient, [1.0, 2.0, 0.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn nan_is_passed_on_not_hidden() {
    let shape = Shape::new(1, 3, 3);
    let mut input = [0.0; 9];
    input[4] = f32::NAN;
    assert!(pool(shape, pooled(shape), &input).iter().all(|value| value.is_nan()));
    for sizes in CONVOLUTIONS {
        let mut case = case(sizes, true);
        case.input.fill(f32::NAN);
        assert!(case.forward(None).iter().all(|value| value.is_nan()), "{sizes:?}");
    }
}

/// Each convolution of the default model, on what the layers before it make of a photo: the fast one against its
/// definition in `f64`. `cargo test --test kernels -- --nocapture` prints how far they are apart.
#[test]
fn every_convolution_of_the_default_model_agrees_with_its_definition() {
    pollster::block_on(async {
        let bytes = fixture("references/dahlia.safetensors");
        let mut engine = CpuEngine::new(default_network()).expect("an engine");
        engine.forward(&Reference::new(&bytes).input()).await.expect("a forward");
        let network = engine.network().clone();
        for id in network.node_ids() {
            let node = network.node(id);
            let Operation::Convolution(parameters) = &node.operation else { continue };
            let input = engine.activation(node.input).await.expect("what it reads");
            let residual = match parameters.residual {
                Some(residual) => Some(widen(&engine.activation(residual).await.expect("what it adds").values)),
                None => None,
            };
            let expected = convolution::reference::forward(
                parameters,
                input.shape,
                node.shape,
                &widen(&input.values),
                residual.as_deref(),
            );
            let found = engine.activation(id).await.expect("what it makes").values;
            let error = relative_l2(&found, &expected);
            let Convolution { kernel, stride, .. } = **parameters;
            let (from, to) = (input.shape, node.shape);
            println!(
                "{kernel} × {kernel} s{stride} {} × {}² → {} × {}²: {error:.1e}",
                from.channels, from.height, to.channels, to.height
            );
            assert!(error < 1e-6, "node {}: {error:e}", id.index());
        }
    });
}
