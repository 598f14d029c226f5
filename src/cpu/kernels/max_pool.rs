//! Max-pool over overlapping, padded windows, as PyTorch has it.

use super::layout::{cell_stride, length};
use super::scratch::filled;
use crate::cpu::simd::{self, LANES};
use crate::network::{MaxPool, Shape};
use std::ops::Range;

/// The maximum of each window. Padding never wins: it counts as −∞.
pub fn forward(pool: MaxPool, input_shape: Shape, output_shape: Shape, input: &[f32]) -> Vec<f32> {
    let stride = cell_stride(input_shape.channels);
    assert_eq!(input.len(), length(input_shape), "input of a max-pool");
    // Safety: every vector of every cell of the output is written; cells of the windows lie within the input.
    unsafe {
        filled(length(output_shape), |output| {
            for_each_window(pool, input_shape, output_shape, |cell, window| {
                for channel in (0..stride).step_by(LANES) {
                    let mut maximum = simd::splat(f32::NEG_INFINITY);
                    for source in window.cells() {
                        let value = simd::load(input.as_ptr().add(source * stride + channel));
                        maximum = simd::maximum(maximum, value);
                    }
                    simd::store(output.at(cell * stride + channel, LANES), maximum);
                }
            });
        })
    }
}

/// The gradient with respect to the input: each window's goes to its first maximum in row-major order.
pub fn input_gradient(
    pool: MaxPool,
    input_shape: Shape,
    output_shape: Shape,
    input: &[f32],
    output: &[f32],
    output_gradient: &[f32],
) -> Vec<f32> {
    let stride = cell_stride(input_shape.channels);
    assert_eq!(input.len(), length(input_shape), "input of a max-pool");
    assert_eq!(output.len(), length(output_shape), "output of a max-pool");
    assert_eq!(output_gradient.len(), length(output_shape), "output gradient of a max-pool");
    let mut gradient = vec![0.0; input.len()];
    for_each_window(pool, input_shape, output_shape, |cell, window| {
        for channel in (0..stride).step_by(LANES) {
            // Safety: cells and vectors lie within the maps, whose lengths are asserted.
            unsafe {
                let maximum = simd::load(output.as_ptr().add(cell * stride + channel));
                let share = simd::load(output_gradient.as_ptr().add(cell * stride + channel));
                let mut found = simd::no_lane();
                for source in window.cells() {
                    let value = simd::load(input.as_ptr().add(source * stride + channel));
                    let largest = simd::equal(value, maximum);
                    let target = gradient.as_mut_ptr().add(source * stride + channel);
                    let first = simd::select(simd::and_not(largest, found), share);
                    simd::store(target, simd::add(simd::load(target), first));
                    found = simd::or(found, largest);
                }
            }
        }
    });
    gradient
}

/// The input cells that a window meets.
struct Window {
    rows: Range<usize>,
    columns: Range<usize>,
    /// Cells of a row of the input.
    width: usize,
}

impl Window {
    /// Their numbers, row by row.
    #[inline(always)]
    fn cells(&self) -> impl Iterator<Item = usize> + use<'_> {
        self.rows.clone().flat_map(move |y| self.columns.clone().map(move |x| y * self.width + x))
    }
}

/// Calls `visit` with each cell of the output and its window.
#[inline(always)]
fn for_each_window(pool: MaxPool, input: Shape, output: Shape, mut visit: impl FnMut(usize, Window)) {
    let MaxPool { kernel, stride, padding } = pool;
    let along = |position: usize, side: usize| {
        let end = (position * stride + kernel).saturating_sub(padding).min(side);
        (position * stride).saturating_sub(padding)..end
    };
    for y in 0..output.height {
        for x in 0..output.width {
            let window =
                Window { rows: along(y, input.height), columns: along(x, input.width), width: input.width };
            visit(y * output.width + x, window);
        }
    }
}

/// The definition, value by value; every map channel by channel.
pub mod reference {
    use super::{MaxPool, Shape};

    /// See [`super::forward`].
    pub fn forward(pool: MaxPool, input_shape: Shape, output_shape: Shape, input: &[f32]) -> Vec<f32> {
        let mut output = Vec::with_capacity(output_shape.len());
        for_each_window(pool, input_shape, output_shape, input, |_, maximum| output.push(maximum));
        output
    }

    /// See [`super::input_gradient`].
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
}
