//! A plain backward pass in `f64` over a forward that an engine has run: its own ReLU masks, its own pooling positions.

use gradcam::cpu::kernels::convolution::reference as convolution;
use gradcam::network::{MaxPool, Network, Operation, Shape};

/// The gradient of `Σ_c seed[c] · logit_c` with respect to every node's output, by node. `outputs` are the engine's.
pub fn gradients(network: &Network, outputs: &[Vec<f32>], seed: &[f32]) -> Vec<Vec<f64>> {
    pass(network, outputs, seed, |gradient| gradient)
}

/// The same by guided backpropagation.
pub fn guided(network: &Network, outputs: &[Vec<f32>], seed: &[f32]) -> Vec<Vec<f64>> {
    pass(network, outputs, seed, |gradient| gradient.max(0.0))
}

/// `through` is what becomes of a gradient that a ReLU lets through.
fn pass(network: &Network, outputs: &[Vec<f32>], seed: &[f32], through: impl Fn(f64) -> f64) -> Vec<Vec<f64>> {
    let mut gradients: Vec<Vec<f64>> = network.nodes().iter().map(|node| vec![0.0; node.shape.len()]).collect();
    gradients[network.logits().index()] = seed.iter().copied().map(f64::from).collect();
    for id in network.node_ids().rev() {
        let node = network.node(id);
        let input_shape = network.node(node.input).shape;
        let mut gradient = gradients[id.index()].clone();
        let input_gradient = match &node.operation {
            Operation::Input => continue,
            Operation::Convolution(parameters) => {
                if parameters.relu {
                    for (gradient, &output) in gradient.iter_mut().zip(&outputs[id.index()]) {
                        *gradient = if output > 0.0 { through(*gradient) } else { 0.0 };
                    }
                }
                if let Some(residual) = parameters.residual {
                    add(&mut gradients[residual.index()], &gradient);
                }
                convolution::input_gradient(parameters, input_shape, node.shape, &gradient)
            }
            &Operation::MaxPool(pool) => {
                max_pool(pool, input_shape, node.shape, &outputs[node.input.index()], &gradient)
            }
            Operation::GlobalAveragePool => {
                let area = input_shape.area();
                gradient.iter().flat_map(|value| std::iter::repeat_n(value / area as f64, area)).collect()
            }
            Operation::Linear(linear) => {
                let features = input_shape.len();
                let mut sums = vec![0.0; features];
                for (row, value) in linear.weight.chunks_exact(features).zip(&gradient) {
                    for (sum, &weight) in sums.iter_mut().zip(row) {
                        *sum += f64::from(weight) * value;
                    }
                }
                sums
            }
        };
        add(&mut gradients[node.input.index()], &input_gradient);
    }
    gradients
}

fn add(sums: &mut [f64], values: &[f64]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
}

/// Visits each padded window cell by cell, in row-major order.
fn max_pool(pool: MaxPool, input_shape: Shape, output_shape: Shape, input: &[f32], gradient: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; input_shape.len()];
    for (index, value) in gradient.iter().enumerate() {
        let channel = index / output_shape.area();
        let (y, x) = (index % output_shape.area() / output_shape.width, index % output_shape.width);
        let mut first_maximum: Option<usize> = None;
        for offset in 0..pool.kernel * pool.kernel {
            let row = (y * pool.stride + offset / pool.kernel).checked_sub(pool.padding);
            let column = (x * pool.stride + offset % pool.kernel).checked_sub(pool.padding);
            let (Some(row), Some(column)) = (row, column) else { continue };
            if row >= input_shape.height || column >= input_shape.width {
                continue;
            }
            let position = (channel * input_shape.height + row) * input_shape.width + column;
            if first_maximum.is_none_or(|best| input[position] > input[best]) {
                first_maximum = Some(position);
            }
        }
        sums[first_maximum.expect("a window meets the input")] += value;
    }
    sums
}
