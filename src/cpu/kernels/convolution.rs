//! Convolution of one photo's feature maps and its gradient with respect to them, as matrix products.
//!
//! Forward: the input's patches become the columns of a matrix (im2col), and `output = weight · columns`. Backward:
//! `columns = weightᵀ · output gradient`, whose patches are summed back to where they came from (col2im).

use crate::network::{Convolution, Shape};

/// `relu?(weight * input + bias + residual?)`.
///
/// `input` has the values of `input_shape`; `residual` and the result those of `output_shape`.
pub fn forward(
    convolution: &Convolution,
    input_shape: Shape,
    output_shape: Shape,
    input: &[f32],
    residual: Option<&[f32]>,
) -> Vec<f32> {
    let area = output_shape.area();
    let mut output = Vec::with_capacity(output_shape.len());
    for &bias in &convolution.bias {
        output.resize(output.len() + area, bias);
    }
    if let Some(residual) = residual {
        for (output, &residual) in output.iter_mut().zip(residual) {
            *output += residual;
        }
    }
    let columns = im2col(convolution, input_shape, output_shape, input);
    let depth = columns.len() / area;
    add_product(
        output_shape.channels,
        area,
        depth,
        &mut output,
        Matrix::rows(&convolution.weight, depth),
        &columns,
    );
    if convolution.relu {
        // Not `f32::max`, which would turn NaN into 0 and hide an overflow.
        for output in &mut output {
            if *output < 0.0 {
                *output = 0.0;
            }
        }
    }
    output
}

/// The gradient with respect to the input, given the gradient `output_gradient` before the ReLU.
pub fn input_gradient(
    convolution: &Convolution,
    input_shape: Shape,
    output_shape: Shape,
    output_gradient: &[f32],
) -> Vec<f32> {
    let area = output_shape.area();
    let depth = convolution.weight.len() / output_shape.channels;
    let mut columns = vec![0.0; depth * area];
    add_product(
        depth,
        area,
        output_shape.channels,
        &mut columns,
        Matrix::transposed(&convolution.weight, depth),
        output_gradient,
    );
    col2im(convolution, input_shape, output_shape, &columns)
}

/// A matrix that is read with strides.
struct Matrix<'a> {
    values: &'a [f32],
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Row-major, `width` columns.
    fn rows(values: &'a [f32], width: usize) -> Self {
        Self { values, row_stride: width, column_stride: 1 }
    }

    /// The transpose of a row-major matrix of `width` columns.
    fn transposed(values: &'a [f32], width: usize) -> Self {
        Self { values, row_stride: 1, column_stride: width }
    }
}

/// `result += left · right`: `[rows, columns] += [rows, depth] · [depth, columns]`, `result` and `right` row-major.
fn add_product(rows: usize, columns: usize, depth: usize, result: &mut [f32], left: Matrix, right: &[f32]) {
    assert_eq!(result.len(), rows * columns, "result of a matrix product");
    assert_eq!(left.values.len(), rows * depth, "left factor of a matrix product");
    assert_eq!(right.len(), depth * columns, "right factor of a matrix product");
    // Strides are lengths of slices, far below isize::MAX.
    let stride = |stride: usize| stride as isize;
    // Safety: the lengths asserted above cover every element that these sizes and strides address, and `result`, a
    // unique borrow, overlaps neither factor.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            depth,
            result.as_mut_ptr(),
            1,
            stride(columns),
            true,
            left.values.as_ptr(),
            stride(left.column_stride),
            stride(left.row_stride),
            right.as_ptr(),
            1,
            stride(columns),
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// The positions of one kernel element: for each output cell, the input cell it meets, if that is not padding.
fn taps(
    stride: usize,
    padding: usize,
    offset: usize,
    input: usize,
    output: usize,
) -> impl Iterator<Item = (usize, usize)> {
    (0..output).filter_map(move |position| {
        let source = (position * stride + offset).checked_sub(padding)?;
        (source < input).then_some((position, source))
    })
}

/// `[in · k · k, output area]`: row `(channel, ky, kx)` holds what kernel element `(ky, kx)` meets in each patch.
fn im2col(convolution: &Convolution, input_shape: Shape, output_shape: Shape, input: &[f32]) -> Vec<f32> {
    let &Convolution { kernel, stride, padding, .. } = convolution;
    let area = output_shape.area();
    let mut columns = vec![0.0; input_shape.channels * kernel * kernel * area];
    let mut rows = columns.chunks_exact_mut(area);
    for channel in input.chunks_exact(input_shape.area()) {
        for ky in 0..kernel {
            for kx in 0..kernel {
                // As many rows as channels × kernel × kernel, by the allocation above.
                let row = rows.next().expect("a row for each kernel element");
                for (y, source_y) in taps(stride, padding, ky, input_shape.height, output_shape.height) {
                    for (x, source_x) in taps(stride, padding, kx, input_shape.width, output_shape.width) {
                        row[y * output_shape.width + x] = channel[source_y * input_shape.width + source_x];
                    }
                }
            }
        }
    }
    columns
}

/// The transpose of [`im2col`]: sums each patch's values back to the input cells they came from.
fn col2im(convolution: &Convolution, input_shape: Shape, output_shape: Shape, columns: &[f32]) -> Vec<f32> {
    let &Convolution { kernel, stride, padding, .. } = convolution;
    let mut input = vec![0.0; input_shape.len()];
    let mut rows = columns.chunks_exact(output_shape.area());
    for channel in input.chunks_exact_mut(input_shape.area()) {
        for ky in 0..kernel {
            for kx in 0..kernel {
                // `columns` has as many rows as channels × kernel × kernel: it is the product of the whole weight.
                let row = rows.next().expect("a row for each kernel element");
                for (y, source_y) in taps(stride, padding, ky, input_shape.height, output_shape.height) {
                    for (x, source_x) in taps(stride, padding, kx, input_shape.width, output_shape.width) {
                        channel[source_y * input_shape.width + source_x] += row[y * output_shape.width + x];
                    }
                }
            }
        }
    }
    input
}

/// The definitions themselves, seven loops each, in `f64`.
pub mod reference {
    use super::{Convolution, Shape};
    use std::ops::Range;

    /// Visits every product of a convolution, `output[o] += weight[w] · input[i]`, a row at a time: as
    /// `(o, w, i, stride)`, where `o` is a range, and `i` the first of as many positions, `stride` apart.
    fn rows(
        convolution: &Convolution,
        input: Shape,
        output: Shape,
        mut visit: impl FnMut(Range<usize>, usize, usize, usize),
    ) {
        let &Convolution { kernel, stride, padding, .. } = convolution;
        // The first and the last output position whose input position is not padding.
        let inside = |offset: usize, from: usize, to: usize| {
            let first = padding.saturating_sub(offset).div_ceil(stride);
            let last = (from + padding).saturating_sub(offset).div_ceil(stride).min(to);
            first..last
        };
        for out in 0..output.channels {
            for channel in 0..input.channels {
                for ky in 0..kernel {
                    for kx in 0..kernel {
                        let weight = ((out * input.channels + channel) * kernel + ky) * kernel + kx;
                        let columns = inside(kx, input.width, output.width);
                        for y in inside(ky, input.height, output.height) {
                            let row = (out * output.height + y) * output.width;
                            let source_y = y * stride + ky - padding;
                            let source_x = columns.start * stride + kx - padding;
                            visit(
                                row + columns.start..row + columns.end,
                                weight,
                                (channel * input.height + source_y) * input.width + source_x,
                                stride,
                            );
                        }
                    }
                }
            }
        }
    }

    /// See [`super::forward`].
    pub fn forward(
        convolution: &Convolution,
        input_shape: Shape,
        output_shape: Shape,
        input: &[f64],
        residual: Option<&[f64]>,
    ) -> Vec<f64> {
        let mut output: Vec<f64> = (0..output_shape.len())
            .map(|index| f64::from(convolution.bias[index / output_shape.area()]))
            .collect();
        rows(convolution, input_shape, output_shape, |out, weight, source, stride| {
            let weight = f64::from(convolution.weight[weight]);
            for (output, input) in output[out].iter_mut().zip(input[source..].iter().step_by(stride)) {
                *output += weight * input;
            }
        });
        for (index, output) in output.iter_mut().enumerate() {
            *output += residual.map_or(0.0, |residual| residual[index]);
            if convolution.relu {
                *output = output.max(0.0);
            }
        }
        output
    }

    /// See [`super::input_gradient`].
    pub fn input_gradient(
        convolution: &Convolution,
        input_shape: Shape,
        output_shape: Shape,
        output_gradient: &[f64],
    ) -> Vec<f64> {
        let mut gradient = vec![0.0; input_shape.len()];
        rows(convolution, input_shape, output_shape, |out, weight, source, stride| {
            let weight = f64::from(convolution.weight[weight]);
            for (gradient, output) in gradient[source..].iter_mut().step_by(stride).zip(&output_gradient[out]) {
                *gradient += weight * output;
            }
        });
        gradient
    }
}
