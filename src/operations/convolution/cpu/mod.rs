//! On the CPU: packed once, and run forward and backward by one of three algorithms: `winograd` for dense 3 × 3 kernels of
//! stride 1, `direct` for other dense ones, `plain` for groups and dilation. The first two end in
//! [`matrix`](crate::kernel::cpu::matrix), the register tile of all products.

mod direct;
mod plain;
mod winograd;
mod winograd_tile;

use super::Convolution;
use crate::kernel::cpu::{Backward, CpuKernel, Epilogue, Scratch, at_least, filled};
use crate::kernel::layout::{cell_stride, length};
use crate::kernel::{MapShape, WindowAxis};
use candle_core::Result;
use direct::{Direct, PaddedMap, WindowWalk};
use plain::Plain;
use winograd::Winograd;

/// A convolution, its weights packed once for both directions.
pub struct Prepared {
    input: MapShape,
    output: MapShape,
    /// By output channel, padded with zeros.
    bias: Vec<f32>,
    algorithm: Algorithm,
}

/// Which way a convolution runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// From the input to the output.
    Forward,
    /// From the output's gradient to the input's.
    Backward,
}

enum Algorithm {
    Winograd(Winograd),
    Direct { forward: Direct, forward_padding: Padding, backward: Vec<Direct>, backward_padding: Padding },
    Plain(Plain),
}

impl Convolution {
    /// Packs the weights for maps of these shapes.
    pub fn prepare(&self, input: MapShape, output: MapShape) -> Prepared {
        let mut bias = self.bias.to_vec();
        bias.resize(cell_stride(output.channels), 0.0);
        let algorithm = if self.is_winograd() {
            Algorithm::Winograd(Winograd::new(&self.weight, input, output.channels))
        } else if self.is_dense() {
            let (backward, backward_padding) = self.backward(input, output);
            let [top, left, bottom, right] = self.window.padding;
            Algorithm::Direct {
                forward: self.forward(input, output),
                forward_padding: Padding { top, bottom, left, right },
                backward,
                backward_padding,
            }
        } else {
            Algorithm::Plain(Plain::new(self, input, output))
        };
        Prepared { input, output, bias, algorithm }
    }

    fn forward(&self, input: MapShape, output: MapShape) -> Direct {
        let walk = |axis: WindowAxis, count| WindowWalk {
            kernel: axis.kernel,
            count,
            first: 0,
            step: axis.stride,
            target: 0,
            target_step: 1,
        };
        Direct::new(
            [walk(self.window.down(), output.height), walk(self.window.across(), output.width)],
            input.channels,
            output.channels,
            output.width,
            |out, channel, y, x| self.weight[self.weight_index(input.channels, out, channel, y, x)],
        )
    }

    /// The input gradient, in as many parts as the strides have phases.
    ///
    /// Input cell `y` gets `Σ weight[k] · gradient[o]` over the `o` and `k` with `o · stride + k = y + padding`: only every
    /// `stride`-th weight. So the cells of one phase `(y + padding) mod stride` are a convolution of stride 1 with those
    /// weights, turned round, and nothing is ever multiplied with a zero between two gradients.
    fn backward(&self, input: MapShape, output: MapShape) -> (Vec<Direct>, Padding) {
        let (down, across) = (self.window.down(), self.window.across());
        let phases = |axis: WindowAxis, length| -> Vec<Phase> {
            (0..axis.stride).map(|phase| Phase::new(axis, phase, length)).collect()
        };
        let (rows, columns) = (phases(down, input.height), phases(across, input.width));
        let (top, bottom) = Phase::padding(&rows, output.height);
        let (left, right) = Phase::padding(&columns, output.width);
        let walk = |axis: WindowAxis, phase: &Phase, padding_before: usize| WindowWalk {
            kernel: phase.taps,
            count: phase.count,
            // A window's last cell is the gradient at `first + i`.
            first: phase.first + padding_before + 1 - phase.taps.max(1),
            step: 1,
            target: (phase.first * axis.stride + phase.phase) - axis.before,
            target_step: axis.stride,
        };
        let mut parts = Vec::new();
        for row in &rows {
            for column in &columns {
                parts.push(Direct::new(
                    [walk(down, row, top), walk(across, column, left)],
                    output.channels,
                    input.channels,
                    input.width,
                    |channel, out, y, x| {
                        let ky = row.phase + down.stride * (row.taps - 1 - y);
                        let kx = column.phase + across.stride * (column.taps - 1 - x);
                        self.weight[self.weight_index(input.channels, out, channel, ky, kx)]
                    },
                ));
            }
        }
        (parts, Padding { top, bottom, left, right })
    }
}

impl CpuKernel for Prepared {
    fn forward(&self, inputs: &[&[f32]], epilogue: Epilogue, scratch: &mut Scratch) -> Result<Vec<f32>> {
        let epilogue = Epilogue { bias: Some(&self.bias), ..epilogue };
        Ok(self.run(Direction::Forward, inputs[0], epilogue, scratch))
    }

    fn input_gradient(&self, _: usize, backward: Backward, scratch: &mut Scratch) -> Result<Vec<f32>> {
        let epilogue = Epilogue { residual: backward.sum, ..Epilogue::default() };
        Ok(self.run(Direction::Backward, backward.gradient, epilogue, scratch))
    }
}

impl Prepared {
    fn run(&self, direction: Direction, source: &[f32], epilogue: Epilogue, scratch: &mut Scratch) -> Vec<f32> {
        let (from, to) = match direction {
            Direction::Forward => (self.input, self.output),
            Direction::Backward => (self.output, self.input),
        };
        assert_eq!(source.len(), length(from), "what a convolution reads");
        if let Some(residual) = epilogue.residual {
            assert_eq!(residual.len(), length(to), "what a convolution adds");
        }
        // Safety: the lengths are those asserted, and all algorithms write every cell of the result: the windows of a
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
                Algorithm::Plain(plain) => plain.run(direction, source, epilogue, target),
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
    fn write_out<'a>(self, shape: MapShape, map: &'a [f32], memory: &'a mut Vec<f32>) -> PaddedMap<'a> {
        let stored = cell_stride(shape.channels);
        let cell_stride = shape.channels;
        if self == Self::even(0) && stored == cell_stride {
            return PaddedMap { values: map, row_stride: shape.width * cell_stride, cell_stride };
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
        PaddedMap { values, row_stride, cell_stride }
    }
}

/// The input cells along one side with the same `(cell + padding) mod stride`: a polyphase component.
struct Phase {
    phase: usize,
    /// Weights that reach them.
    taps: usize,
    /// `(cell + padding) / stride` of the first.
    first: usize,
    /// How many.
    count: usize,
}

impl Phase {
    fn new(axis: WindowAxis, phase: usize, length: usize) -> Self {
        let WindowAxis { kernel, stride, before, .. } = axis;
        let first = before.saturating_sub(phase).div_ceil(stride);
        // Cells are `first · stride + phase − before`, and every `stride`-th after it.
        let first_cell = first * stride + phase - before;
        Self {
            phase,
            taps: kernel.saturating_sub(phase).div_ceil(stride),
            first,
            count: length.saturating_sub(first_cell).div_ceil(stride),
        }
    }

    /// Zeros that the windows of all phases need before and after `length` gradients.
    fn padding(phases: &[Self], length: usize) -> (usize, usize) {
        let before = phases.iter().map(|part| part.taps.saturating_sub(part.first + 1)).max();
        let after = phases.iter().map(|part| (part.first + part.count).saturating_sub(length)).max();
        (before.unwrap_or(0), after.unwrap_or(0))
    }
}
