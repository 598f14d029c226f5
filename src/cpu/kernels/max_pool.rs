//! Max-pool over overlapping, padded windows, as PyTorch has it.

use crate::network::{MaxPool, Shape};

/// The maximum of each window. Padding never wins: it counts as −∞.
pub fn forward(pool: MaxPool, input_shape: Shape, output_shape: Shape, input: &[f32]) -> Vec<f32> {
    let mut output = Vec::with_capacity(output_shape.len());
    for_each_window(pool, input_shape, output_shape, input, |_, maximum| output.push(maximum));
    output
}

/// The gradient with respect to the input: each window's goes to its first maximum in row-major order.
pub fn input_gradient(
    pool: MaxPool,
    input_shape: Shape,
    output_shape: Shape,
    input: &[f32],
    output_gradient: &[f32],
) -> Vec<f32> {
    let mut gradient = vec![0.0; input_shape.len()];
    let mut output_gradient = output_gradient.iter();
    for_each_window(pool, input_shape, output_shape, input, |position, _| {
        if let Some(value) = output_gradient.next() {
            gradient[position] += value;
        }
    });
    gradient
}

/// Calls `visit` with the position in `input` of each window's first maximum, and the maximum, in the output's order.
fn for_each_window(
    pool: MaxPool,
    input_shape: Shape,
    output_shape: Shape,
    input: &[f32],
    mut visit: impl FnMut(usize, f32),
) {
    let MaxPool { kernel, stride, padding } = pool;
    let window = |position: usize, side: usize| {
        let end = (position * stride + kernel).saturating_sub(padding).min(side);
        (position * stride).saturating_sub(padding)..end
    };
    for channel in 0..input_shape.channels {
        for y in 0..output_shape.height {
            for x in 0..output_shape.width {
                let mut maximum = f32::NEG_INFINITY;
                let mut position = 0;
                for source_y in window(y, input_shape.height) {
                    for source_x in window(x, input_shape.width) {
                        let index = (channel * input_shape.height + source_y) * input_shape.width + source_x;
                        // NaN wins, as in PyTorch, so that it is seen in the logits.
                        if input[index] > maximum || input[index].is_nan() {
                            maximum = input[index];
                            position = index;
                        }
                    }
                }
                visit(position, maximum);
            }
        }
    }
}
