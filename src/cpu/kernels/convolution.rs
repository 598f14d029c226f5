//! A convolution of one photo's feature maps, and its gradient with respect to them.

use super::direct::{Direct, Padded, Side};
use super::layout::{cell_stride, length};
use super::pointwise::Epilogue;
use super::scratch::{Scratch, at_least, filled};
use super::winograd::{Direction, Winograd};
use crate::network::{Convolution, Shape};

/// A convolution, its weights packed once for both directions.
pub struct PreparedConvolution {
    input: Shape,
    output: Shape,
    /// By output channel, padded with zeros.
    bias: Vec<f32>,
    relu: bool,
    algorithm: Algorithm,
}

enum Algorithm {
    Winograd(Winograd),
    Direct { forward: Direct, forward_padding: Padding, backward: Vec<Direct>, backward_padding: Padding },
}

impl PreparedConvolution {
    /// Packs the weights of `convolution` between maps of these shapes.
    pub fn new(convolution: &Convolution, input: Shape, output: Shape) -> Self {
        let &Convolution { kernel, stride, padding, relu, .. } = convolution;
        let mut bias = convolution.bias.clone();
        bias.resize(cell_stride(output.channels), 0.0);
        let algorithm = if (kernel, stride, padding) == (3, 1, 1) {
            Algorithm::Winograd(Winograd::new(&convolution.weight, input, output.channels))
        } else {
            let (backward, backward_padding) = backward(convolution, input, output);
            Algorithm::Direct {
                forward: forward(convolution, input, output),
                forward_padding: Padding::even(padding),
                backward,
                backward_padding,
            }
        };
        Self { input, output, bias, relu, algorithm }
    }

    /// `relu?(weight * input + bias + residual?)`; every map in the kernels' layout.
    pub fn forward(&self, input: &[f32], residual: Option<&[f32]>, scratch: &mut Scratch) -> Vec<f32> {
        let epilogue = Epilogue { bias: Some(&self.bias), residual, relu: self.relu };
        self.run(Direction::Forward, input, epilogue, scratch)
    }

    /// The gradient with respect to the input, given that before the ReLU, plus `sum`, a map of the input's shape.
    pub fn input_gradient(&self, output_gradient: &[f32], sum: Option<&[f32]>, scratch: &mut Scratch) -> Vec<f32> {
        let epilogue = Epilogue { bias: None, residual: sum, relu: false };
        self.run(Direction::Backward, output_gradient, epilogue, scratch)
    }

    fn run(&self, direction: Direction, source: &[f32], epilogue: Epilogue, scratch: &mut Scratch) -> Vec<f32> {
        let (from, to) = match direction {
            Direction::Forward => (self.input, self.output),
            Direction::Backward => (self.output, self.input),
        };
        assert_eq!(source.len(), length(from), "what a convolution reads");
        if let Some(residual) = epilogue.residual {
            assert_eq!(residual.len(), length(to), "what a convolution adds");
        }
        // Safety: the lengths are those asserted, and both algorithms write every cell of the result: the windows of a
        // direct convolution cover it, one by one.
        unsafe {
            filled(length(to), |target| match &self.algorithm {
                Algorithm::Winograd(winograd) => {
                    winograd.run(direction, (from.height, from.width), source, epilogue, target, scratch)
                }
                Algorithm::Direct { forward, forward_padding, backward, backward_padding } => {
                    let (parts, padding) = match direction {
                        Direction::Forward => (std::slice::from_ref(forward), forward_padding),
                        Direction::Backward => (backward.as_slice(), backward_padding),
                    };
                    let padded = padding.write_out(from, source, &mut scratch.left);
                    for part in parts {
                        part.run(padded, epilogue, target);
                    }
                }
            })
        }
    }
}

/// Zeros around a map, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Padding {
    top: usize,
    bottom: usize,
    left: usize,
    right: usize,
}

impl Padding {
    /// The same on every side.
    fn even(cells: usize) -> Self {
        Self { top: cells, bottom: cells, left: cells, right: cells }
    }

    /// Copies `map` with zeros around it, and without those within its cells, unless there are none of either.
    fn write_out<'a>(self, shape: Shape, map: &'a [f32], memory: &'a mut Vec<f32>) -> Padded<'a> {
        let stored = cell_stride(shape.channels);
        let cell_stride = shape.channels;
        if self == Self::even(0) && stored == cell_stride {
            return Padded { values: map, row_stride: shape.width * cell_stride, cell_stride };
        }
        let row_stride = (self.left + shape.width + self.right) * cell_stride;
        let values = at_least(memory, (self.top + shape.height + self.bottom) * row_stride);
        let (above, rest) = values.split_at_mut(self.top * row_stride);
        let (rows, below) = rest.split_at_mut(shape.height * row_stride);
        above.fill(0.0);
        below.fill(0.0);
        for (target, source) in rows.chunks_exact_mut(row_stride).zip(map.chunks_exact(shape.width * stored)) {
            let (left, rest) = target.split_at_mut(self.left * cell_stride);
            let (cells, right) = rest.split_at_mut(shape.width * cell_stride);
            left.fill(0.0);
            right.fill(0.0);
            if stored == cell_stride {
                cells.copy_from_slice(source);
            } else {
                for (target, source) in cells.chunks_exact_mut(cell_stride).zip(source.chunks_exact(stored)) {
                    target.copy_from_slice(&source[..cell_stride]);
                }
            }
        }
        Padded { values, row_stride, cell_stride }
    }
}

fn forward(convolution: &Convolution, input: Shape, output: Shape) -> Direct {
    let &Convolution { kernel, stride, .. } = convolution;
    let side = |count| Side { kernel, count, first: 0, step: stride, target: 0, target_step: 1 };
    Direct::new(
        [side(output.height), side(output.width)],
        input.channels,
        output.channels,
        output.width,
        |out, channel, y, x| convolution.weight[((out * input.channels + channel) * kernel + y) * kernel + x],
    )
}

/// The input gradient, in as many parts as the stride has residues down and across.
///
/// Input cell `y` gets `Σ weight[k] · gradient[o]` over the `o` and `k` with `o · stride + k = y + padding`: only every
/// `stride`-th weight. So the cells of one residue `(y + padding) mod stride` are a convolution of stride 1 with those
/// weights, turned round, and nothing is ever multiplied with a zero between two gradients.
fn backward(convolution: &Convolution, input: Shape, output: Shape) -> (Vec<Direct>, Padding) {
    let &Convolution { kernel, stride, padding, .. } = convolution;
    let down: Vec<Residue> = (0..stride).map(|residue| Residue::new(convolution, residue, input.height)).collect();
    let across: Vec<Residue> =
        (0..stride).map(|residue| Residue::new(convolution, residue, input.width)).collect();
    let (top, bottom) = Residue::padding(&down, output.height);
    let (left, right) = Residue::padding(&across, output.width);
    let mut parts = Vec::new();
    for down in &down {
        for across in &across {
            let parts_side = |residue: &Residue, padding_before: usize| Side {
                kernel: residue.taps,
                count: residue.count,
                // A window's last cell is the gradient at `first + i`.
                first: residue.first + padding_before + 1 - residue.taps.max(1),
                step: 1,
                target: (residue.first * stride + residue.residue) - padding,
                target_step: stride,
            };
            parts.push(Direct::new(
                [parts_side(down, top), parts_side(across, left)],
                output.channels,
                input.channels,
                input.width,
                |channel, out, y, x| {
                    let ky = down.residue + stride * (down.taps - 1 - y);
                    let kx = across.residue + stride * (across.taps - 1 - x);
                    convolution.weight[((out * input.channels + channel) * kernel + ky) * kernel + kx]
                },
            ));
        }
    }
    (parts, Padding { top, bottom, left, right })
}

/// The input cells along one side with the same `(cell + padding) mod stride`.
struct Residue {
    residue: usize,
    /// Weights that reach them.
    taps: usize,
    /// `(cell + padding) / stride` of the first.
    first: usize,
    /// How many.
    count: usize,
}

impl Residue {
    fn new(convolution: &Convolution, residue: usize, side: usize) -> Self {
        let &Convolution { kernel, stride, padding, .. } = convolution;
        let first = padding.saturating_sub(residue).div_ceil(stride);
        // Cells are `first · stride + residue − padding`, and every `stride`-th after it.
        let first_cell = first * stride + residue - padding;
        Self {
            residue,
            taps: kernel.saturating_sub(residue).div_ceil(stride),
            first,
            count: side.saturating_sub(first_cell).div_ceil(stride),
        }
    }

    /// Zeros that the windows of `residues` need before and after `side` gradients.
    fn padding(residues: &[Self], side: usize) -> (usize, usize) {
        let before = residues.iter().map(|part| part.taps.saturating_sub(part.first + 1)).max();
        let after = residues.iter().map(|part| (part.first + part.count).saturating_sub(side)).max();
        (before.unwrap_or(0), after.unwrap_or(0))
    }
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

    /// `relu?(weight * input + bias + residual?)`; every map channel by channel.
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

    /// The gradient with respect to the input, given that before the ReLU.
    pub fn input_gradient(
        convolution: &Convolution,
        input_shape: Shape,
        output_shape: Shape,
        output_gradient: &[f64],
    ) -> Vec<f64> {
        let mut gradient = vec![0.0; input_shape.len()];
        rows(convolution, input_shape, output_shape, |out, weight, source, stride| {
            let weight = f64::from(convolution.weight[weight]);
            let gradients = gradient[source..].iter_mut();
            let add = |(gradient, output): (&mut f64, &f64)| *gradient += weight * output;
            match stride {
                // The same, but for compilers: without steps they do several at once.
                1 => gradients.zip(&output_gradient[out]).for_each(add),
                _ => gradients.step_by(stride).zip(&output_gradient[out]).for_each(add),
            }
        });
        gradient
    }
}
