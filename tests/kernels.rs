//! The CPU kernels against their references, stock candle, and finite differences, at odd sizes.

mod support;

use candle_core::{Device, Tensor, Var};
use gradcam::cpu::CpuEngine;
use gradcam::engine::Engine;
use gradcam::kernel::cpu::{Backward, CpuKernel, Epilogue, Scratch};
use gradcam::kernel::{ReluRule, layout};
use gradcam::network::{
    Activation, Convolution, MapShape, MaxPool, NodeId, Operation, Rounding, Shape, Window, fuse,
};
use gradcam::operations::{Definition, Reference as _, Values};
use support::files::{default_network, fixture};
use support::parity::relative_l2;
use support::random;
use support::reference::Reference;
use support::toy;

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

/// What is not square, or not dense: channels in and out, height and width, the window, groups.
const OTHERS: [([usize; 2], [usize; 2], Window, usize); 10] = {
    const fn window(kernel: [usize; 2], stride: [usize; 2], dilation: [usize; 2], padding: [usize; 4]) -> Window {
        Window { kernel, stride, dilation, padding }
    }
    [
        ([3, 5], [9, 11], window([1, 7], [1, 1], [1, 1], [0, 3, 0, 3]), 1),
        ([6, 4], [10, 9], window([5, 2], [2, 3], [1, 1], [2, 0, 1, 1]), 1),
        ([4, 8], [7, 7], window([3, 3], [1, 1], [1, 1], [0, 2, 1, 0]), 1),
        ([5, 6], [13, 12], window([3, 3], [1, 1], [2, 2], [2, 2, 2, 2]), 1),
        ([4, 4], [12, 15], window([3, 2], [2, 1], [3, 4], [1, 2, 3, 0]), 1),
        ([9, 9], [8, 6], window([3, 3], [1, 1], [1, 1], [1, 1, 1, 1]), 9),
        ([7, 14], [9, 9], window([5, 5], [2, 2], [1, 1], [2, 2, 2, 2]), 7),
        ([12, 24], [6, 7], window([3, 3], [1, 1], [1, 1], [1, 1, 1, 1]), 4),
        ([32, 32], [8, 8], window([3, 3], [2, 2], [1, 1], [1, 1, 1, 1]), 8),
        ([6, 10], [11, 5], window([3, 1], [1, 2], [2, 1], [2, 0, 2, 0]), 2),
    ]
};

struct Case {
    convolution: Convolution,
    input_shape: MapShape,
    output_shape: MapShape,
    input: Vec<f32>,
    residual: Vec<f32>,
}

fn case(channels: [usize; 2], [height, width]: [usize; 2], window: Window, groups: usize) -> Case {
    let [from, to] = channels;
    let input_shape = MapShape::new(from, height, width);
    let mut convolution = toy::convolution("convolution", channels, window, groups);
    convolution.weight = random::signed("weight", to * from / groups * window.area()).into();
    let output_shape = output_shape(&convolution, input_shape);
    Case {
        convolution,
        input_shape,
        output_shape,
        input: random::signed("input", input_shape.len()),
        residual: random::signed("residual", output_shape.len()),
    }
}

fn output_shape(operation: &impl Definition, input: MapShape) -> MapShape {
    operation.output_shape(&[Shape::Map(input)]).expect("an operation that fits").as_map()
}

/// All of [`CONVOLUTIONS`] and [`OTHERS`], with names.
fn cases() -> impl Iterator<Item = (String, Case)> {
    let square = CONVOLUTIONS.into_iter().map(|sizes| (format!("{sizes:?}"), square_case(sizes)));
    let others = OTHERS.into_iter().map(|(channels, sides, window, groups)| {
        (format!("{channels:?} {sides:?} {window:?} {groups}"), case(channels, sides, window, groups))
    });
    square.chain(others)
}

fn square_case([channels, out, height, width, kernel, stride, padding]: [usize; 7]) -> Case {
    case([channels, out], [height, width], Window::square(kernel, stride, padding), 1)
}

fn backward<'a>(gradient: &'a [f32], sum: Option<&'a [f32]>) -> Backward<'a> {
    Backward { inputs: &[None], output: None, gradient, sum, rule: ReluRule::Gradient }
}

impl Case {
    /// The fast convolution, from and to maps that stand channel by channel.
    fn forward(&self, residual: Option<&[f32]>, activation: Option<Activation>) -> Vec<f32> {
        let prepared = self.convolution.prepare(self.input_shape, self.output_shape);
        let input = layout::to_cells(self.input_shape, &self.input);
        let residual = residual.map(|residual| layout::to_cells(self.output_shape, residual));
        let epilogue = Epilogue { bias: None, residual: residual.as_deref(), activation };
        let output = prepared.forward(&[&input], epilogue, &mut Scratch::default()).expect("a forward");
        layout::to_channels(self.output_shape, &output)
    }

    /// The fast input gradient, plus `sum`.
    fn input_gradient(&self, gradient: &[f32], sum: Option<&[f32]>) -> Vec<f32> {
        let prepared = self.convolution.prepare(self.input_shape, self.output_shape);
        let gradient = layout::to_cells(self.output_shape, gradient);
        let sum = sum.map(|sum| layout::to_cells(self.input_shape, sum));
        let backward = backward(&gradient, sum.as_deref());
        let found = prepared.input_gradient(0, backward, &mut Scratch::default()).expect("a gradient");
        layout::to_channels(self.input_shape, &found)
    }

    /// The definition.
    fn expected(&self, input: &[f64]) -> Vec<f64> {
        self.convolution.forward(&[Values { shape: self.input_shape, values: input }], self.output_shape)
    }

    /// The definition's input gradient.
    fn expected_gradient(&self, gradient: &[f64]) -> Vec<f64> {
        let input = Values { shape: self.input_shape, values: &[] };
        let output = Values { shape: self.output_shape, values: &[] };
        self.convolution.input_gradient(0, &[input], output, gradient)
    }
}

fn widen(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}

fn tensor(values: &[f32], shape: &[usize]) -> Tensor {
    Tensor::from_slice(values, shape, &Device::Cpu).expect("a tensor")
}

#[test]
fn convolution_agrees_with_its_definition() {
    for (name, case) in cases() {
        for (relu, with_residual) in [(false, false), (true, false), (true, true)] {
            let residual = with_residual.then_some(case.residual.as_slice());
            let found = case.forward(residual, relu.then_some(Activation::Relu));
            let mut expected = case.expected(&widen(&case.input));
            for (index, value) in expected.iter_mut().enumerate() {
                *value += residual.map_or(0.0, |residual| f64::from(residual[index]));
                *value = if relu { value.max(0.0) } else { *value };
            }
            if expected.iter().all(|&value| value == 0.0) {
                assert!(found.iter().all(|&value| value == 0.0), "{name} {relu} {with_residual}");
                continue;
            }
            let error = relative_l2(&found, &expected);
            assert!(error < 2e-6, "{name} {relu} {with_residual}: {error:e}");
        }
    }
}

#[test]
fn the_input_gradient_agrees_with_its_definition() {
    for (name, case) in cases() {
        let gradient = &case.residual;
        let mut expected = case.expected_gradient(&widen(gradient));
        let error = relative_l2(&case.input_gradient(gradient, None), &expected);
        assert!(error < 2e-6, "{name}: {error:e}");

        for (expected, &sum) in expected.iter_mut().zip(&case.input) {
            *expected += f64::from(sum);
        }
        let error = relative_l2(&case.input_gradient(gradient, Some(&case.input)), &expected);
        assert!(error < 2e-6, "{name} with a sum: {error:e}");
    }
}

/// candle's own convolution and autograd: another implementation, by other people.
#[test]
fn convolution_agrees_with_stock_candle() {
    let grouped = [([8, 12], [9, 9], 4), ([6, 6], [7, 8], 6), ([4, 8], [12, 12], 2)];
    let grouped = grouped.map(|(channels, sides, groups)| (channels, sides, [3, 1, 1], groups));
    let square = CONVOLUTIONS.map(|[channels, out, height, width, kernel, stride, padding]| {
        ([channels, out], [height, width], [kernel, stride, padding], 1)
    });
    for sizes in square.into_iter().chain(grouped) {
        let ([channels, out], [height, width], [kernel, stride, padding], groups) = sizes;
        let case = case([channels, out], [height, width], Window::square(kernel, stride, padding), groups);
        let Case { convolution, input, residual: gradient, .. } = &case;
        let variable = Var::from_tensor(&tensor(input, &[1, channels, height, width])).expect("a variable");
        let weight = tensor(&convolution.weight, &[out, channels / groups, kernel, kernel]);
        let bias = tensor(&convolution.bias, &[1, out, 1, 1]);
        let expected = variable.conv2d(&weight, padding, stride, 1, groups).expect("a convolution");
        let expected = expected.broadcast_add(&bias).expect("a bias");
        let values: Vec<f32> = expected.flatten_all().and_then(|t| t.to_vec1()).expect("values");
        assert!(relative_l2(&case.forward(None, None), &values) < 2e-6, "forward {sizes:?}");

        // candle 0.11 takes the cells that the stride leaves over below for those on the right.
        let left_over = |side: usize| (side + 2 * padding - kernel) % stride;
        if left_over(height) != left_over(width) {
            continue;
        }
        let cotangent = tensor(gradient, expected.dims());
        let root = (expected * cotangent).and_then(|product| product.sum_all()).expect("a root");
        let gradients = root.backward().expect("a backward pass");
        let values = gradients.get(&variable).expect("a gradient").flatten_all().and_then(|t| t.to_vec1::<f32>());
        let found = case.input_gradient(gradient, None);
        assert!(relative_l2(&found, &values.expect("values")) < 2e-6, "backward {sizes:?}");
    }
}

/// The definition's gradient against finite differences of the definition, exact up to `f64` rounding as both are linear.
#[test]
fn the_definition_is_its_own_finite_difference() {
    for (name, case) in cases() {
        let cotangent = widen(&case.residual);
        let gradient = case.expected_gradient(&cotangent);
        let value = |input: &[f64]| -> f64 {
            case.expected(input).iter().zip(&cotangent).map(|(output, cotangent)| output * cotangent).sum()
        };
        for position in [0, gradient.len() / 2, gradient.len() - 1] {
            let mut moved = widen(&case.input);
            moved[position] += 0.5;
            let above = value(&moved);
            moved[position] -= 1.0;
            let difference = above - value(&moved);
            assert!((difference - gradient[position]).abs() < 1e-9, "{name} at {position}");
        }
    }
}

const POOL: MaxPool = MaxPool::square(3, 2, 1);

/// Pools of other windows.
const POOLS: [MaxPool; 4] = {
    const fn pool(kernel: [usize; 2], stride: [usize; 2], padding: [usize; 4], rounding: Rounding) -> MaxPool {
        MaxPool { window: Window { kernel, stride, dilation: [1, 1], padding }, rounding }
    }
    [
        POOL,
        pool([3, 3], [2, 2], [0, 0, 0, 0], Rounding::Ceil),
        pool([2, 3], [1, 2], [1, 0, 0, 2], Rounding::Floor),
        pool([3, 2], [3, 3], [0, 1, 1, 0], Rounding::Ceil),
    ]
};

/// The fast max-pool, from and to maps that stand channel by channel.
fn pool(pool: MaxPool, shape: MapShape, input: &[f32]) -> Vec<f32> {
    let output_shape = output_shape(&pool, shape);
    let input = layout::to_cells(shape, input);
    let prepared = pool.prepare(shape, output_shape);
    let output = prepared.forward(&[&input], Epilogue::default(), &mut Scratch::default()).expect("a forward");
    layout::to_channels(output_shape, &output)
}

/// The fast input gradient of a max-pool.
fn pool_gradient(pool: MaxPool, shape: MapShape, input: &[f32], gradient: &[f32]) -> Vec<f32> {
    let output_shape = output_shape(&pool, shape);
    let prepared = pool.prepare(shape, output_shape);
    let input = layout::to_cells(shape, input);
    let output = prepared.forward(&[&input], Epilogue::default(), &mut Scratch::default()).expect("a forward");
    let gradient = layout::to_cells(output_shape, gradient);
    let inputs = [Some(input.as_slice())];
    let backward = Backward { inputs: &inputs, output: Some(&output), ..backward(&gradient, None) };
    let found = prepared.input_gradient(0, backward, &mut Scratch::default()).expect("a gradient");
    layout::to_channels(shape, &found)
}

/// Moving one input a little moves `Σ output · cotangent` by its gradient: the maximum is linear away from ties.
#[test]
fn max_pool_is_its_own_finite_difference() {
    for (shape, of) in [
        (MapShape::new(2, 7, 6), POOL),
        (MapShape::new(1, 1, 1), POOL),
        (MapShape::new(3, 2, 9), POOL),
        (MapShape::new(1, 112, 5), POOL),
        (MapShape::new(2, 8, 9), POOLS[1]),
        (MapShape::new(2, 8, 9), POOLS[2]),
        (MapShape::new(2, 8, 9), POOLS[3]),
    ] {
        let input = random::signed("pooled", shape.len());
        let cotangent = random::signed("seed", output_shape(&of, shape).len());
        let gradient = pool_gradient(of, shape, &input, &cotangent);
        let value = |input: &[f32]| -> f64 {
            let output = pool(of, shape, input);
            output.iter().zip(&cotangent).map(|(&output, &value)| f64::from(output) * f64::from(value)).sum()
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
    let sides = [[2, 7, 6], [7, 2, 9], [64, 112, 5], [5, 12, 13]];
    let shapes = sides.map(|[channels, height, width]| MapShape::new(channels, height, width));
    for (shape, of) in shapes.into_iter().flat_map(|shape| POOLS.map(|pool| (shape, pool))) {
        let Ok(output_shape) = of.output_shape(&[Shape::Map(shape)]) else { continue };
        let output_shape = output_shape.as_map();
        // Coarse values, so that there are ties.
        let input: Vec<f32> =
            random::signed("coarse", shape.len()).iter().map(|value| (value * 3.0).round()).collect();
        let cotangent = random::signed("seed", output_shape.len());
        let values = widen(&input);
        let inputs = [Values { shape, values: &values }];
        let expected = of.forward(&inputs, output_shape);
        assert_eq!(widen(&pool(of, shape, &input)), expected, "forward {shape:?} {of:?}");
        let output = Values { shape: output_shape, values: &expected };
        let expected = of.input_gradient(0, &inputs, output, &widen(&cotangent));
        let found = pool_gradient(of, shape, &input, &cotangent);
        assert!(relative_l2(&found, &expected) < 1e-6, "{shape:?} {of:?}");
    }
}

#[test]
fn max_pool_padding_never_wins_and_the_first_of_equals_gets_the_gradient() {
    let shape = MapShape::new(1, 3, 3);
    let input = [-1.0; 9];
    assert_eq!(pool(POOL, shape, &input), [-1.0; 4]);
    // Windows begin at (−1, −1), (−1, 1), (1, −1), (1, 1): their first cells inside are 0, 1, 3 and 4.
    let gradient = pool_gradient(POOL, shape, &input, &[1.0, 2.0, 3.0, 4.0]);
    assert_eq!(gradient, [1.0, 2.0, 0.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn nan_is_passed_on_not_hidden() {
    let shape = MapShape::new(1, 3, 3);
    let mut input = [0.0; 9];
    input[4] = f32::NAN;
    assert!(pool(POOL, shape, &input).iter().all(|value| value.is_nan()));
    for sizes in CONVOLUTIONS {
        let mut case = square_case(sizes);
        case.input.fill(f32::NAN);
        let output = case.forward(None, Some(Activation::Relu));
        assert!(output.iter().all(|value| value.is_nan()), "{sizes:?}");
    }
}

/// Everything that the toys are made of, on the plain graph in `f64`, against the fused steps of the CPU.
#[test]
fn fused_steps_compute_what_the_plain_graph_says() {
    for network in [toy::network(), toy::pooled_network(), toy::graph()] {
        let steps = fuse(&network);
        assert!(steps.len() < network.nodes().len() - 1, "something is fused");
        let input = random::signed("photo", network.input_shape().len());
        let mut reference = support::reference_engine::ReferenceEngine::new(network.clone());
        let mut engine = CpuEngine::new(network.clone()).expect("an engine");
        pollster::block_on(async {
            let expected = reference.forward(&input).await.expect("a forward");
            let found = engine.forward(&input).await.expect("a forward");
            assert!(relative_l2(&found, &expected) < 1e-6, "{}", network.architecture());
            let outputs = support::outputs::kept(&mut engine).await.expect("activations");
            let cotangent = random::signed("seed", network.classes());
            let gradients = support::backward::gradients(&network, &outputs, &cotangent);
            for node in network.layers().iter().map(|layer| layer.node).chain([NodeId::INPUT]) {
                let found = engine.gradient(&cotangent, node).await.expect("a gradient").values;
                let error = relative_l2(&found, &gradients[node.index()]);
                assert!(error < 1e-5, "{} at node {}: {error:e}", network.architecture(), node.index());
            }
        });
    }
}

/// Folding changes no answer but by rounding.
#[test]
fn folded_networks_compute_what_the_plain_graph_says() {
    let (plain, folded) = (toy::plain_graph(), toy::graph());
    assert_eq!(folded.nodes().len() + 1, plain.nodes().len(), "one norm is folded");
    let input = random::signed("photo", plain.input_shape().len());
    let cotangent = random::signed("seed", plain.classes());
    pollster::block_on(async {
        let mut answers = Vec::new();
        for network in [plain, folded] {
            let mut engine = support::reference_engine::ReferenceEngine::new(network);
            let logits = engine.forward(&input).await.expect("a forward");
            let gradient = engine.gradient(&cotangent, NodeId::INPUT).await.expect("a gradient").values;
            answers.push((logits, gradient));
        }
        assert!(relative_l2(&answers[1].0, &answers[0].0) < 1e-6);
        assert!(relative_l2(&answers[1].1, &answers[0].1) < 1e-6);
    });
}

/// The plain graph's gradient in `f64` against central differences of its forward, in a random direction.
#[test]
fn the_plain_graph_is_its_own_finite_difference() {
    let network = toy::plain_graph();
    let input = random::signed("photo", network.input_shape().len());
    let direction = random::signed("direction", input.len());
    let cotangent = random::signed("seed", network.classes());
    let mut reference = support::reference_engine::ReferenceEngine::new(network);
    pollster::block_on(async {
        reference.forward(&input).await.expect("a forward");
        let gradient = reference.gradient(&cotangent, NodeId::INPUT).await.expect("a gradient").values;
        let slope: f64 = gradient.iter().zip(&direction).map(|(&g, &d)| f64::from(g) * f64::from(d)).sum();
        // So short a step that no ReLU switches; the logits are rounded to `f32`.
        let step = 1e-3;
        let mut value = async |sign: f32| -> f64 {
            let moved: Vec<f32> = input.iter().zip(&direction).map(|(x, d)| x + sign * step * d).collect();
            let logits = reference.forward(&moved).await.expect("a forward");
            logits.iter().zip(&cotangent).map(|(&logit, &c)| f64::from(logit) * f64::from(c)).sum()
        };
        let difference = (value(1.0).await - value(-1.0).await) / f64::from(2.0 * step);
        assert!((difference - slope).abs() < 2e-2 * slope.abs(), "{difference} {slope}");
    });
}

/// Each convolution of the default model, on what the layers before it make of a photo: the fast one against its
/// definition in `f64`. `cargo test --test kernels -- --nocapture` prints how far they are apart.
#[test]
fn every_convolution_of_the_default_model_agrees_with_its_definition() {
    pollster::block_on(async {
        let bytes = fixture("references/dahlia.safetensors");
        let network = default_network();
        let mut reference = support::reference_engine::ReferenceEngine::new(network.clone());
        reference.forward(&Reference::new(&bytes).input()).await.expect("a forward");
        for id in network.node_ids() {
            let node = network.node(id);
            let Operation::Convolution(convolution) = &node.operation else { continue };
            let input = reference.activation(node.inputs[0]).await.expect("what it reads");
            let expected = reference.activation(id).await.expect("what it makes");
            let prepared = convolution.prepare(input.shape, expected.shape);
            let cells = layout::to_cells(input.shape, &input.values);
            let found =
                prepared.forward(&[&cells], Epilogue::default(), &mut Scratch::default()).expect("a forward");
            let error = relative_l2(&layout::to_channels(expected.shape, &found), &expected.values);
            println!("{}: {} → {}: {error:.1e}", node.name, input.shape, expected.shape);
            assert!(error < 1e-6, "{}: {error:e}", node.name);
        }
    });
}

/// Linear layers over vectors and over whole maps, of sizes that fill no vector: against the definition.
#[test]
fn linear_layers_agree_with_their_definition() {
    for (channels, height, width, outputs) in
        [(512, 1, 1, 102), (7, 1, 1, 5), (9, 3, 3, 6), (130, 2, 5, 67), (1, 1, 1, 1)]
    {
        let input_shape = MapShape::new(channels, height, width);
        let output_shape = MapShape::new(outputs, 1, 1);
        let layer = toy::linear("linear", input_shape.len(), outputs);
        let input = random::signed("input", input_shape.len());
        let sum = random::signed("sum", outputs);
        let wide = widen(&input);
        let known = [Values { shape: input_shape, values: &wide }];
        let prepared = layer.prepare(input_shape, output_shape).expect("a layer");
        let cells = layout::to_cells(input_shape, &input);
        let residual = layout::to_cells(output_shape, &sum);
        let epilogue = Epilogue { bias: None, residual: Some(&residual), activation: Some(Activation::Relu) };
        let found = prepared.forward(&[&cells], epilogue, &mut Scratch::default()).expect("a forward");
        let expected = layer.forward(&known, output_shape).into_iter().zip(&sum);
        let expected: Vec<f64> = expected.map(|(value, &sum)| (value + f64::from(sum)).max(0.0)).collect();
        assert!(
            relative_l2(&layout::to_channels(output_shape, &found), &expected) < 2e-6,
            "{input_shape} {outputs}"
        );

        let backward = backward(&residual, Some(&cells));
        let found = prepared.input_gradient(0, backward, &mut Scratch::default()).expect("a gradient");
        let unknown = Values { shape: output_shape, values: &[] };
        let expected = layer.input_gradient(0, &known, unknown, &widen(&sum)).into_iter().zip(&wide);
        let expected: Vec<f64> = expected.map(|(value, sum)| value + sum).collect();
        assert!(
            relative_l2(&layout::to_channels(input_shape, &found), &expected) < 2e-6,
            "{input_shape} {outputs}"
        );
    }
}
