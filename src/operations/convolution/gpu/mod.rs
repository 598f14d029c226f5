//! On the GPU: Winograd's filtering, direct kernels (special ones for the stem), and plain ones for groups and dilation.

mod kernels;
mod weights;

pub use kernels::KERNELS;

use super::Convolution;
use super::winograd::{Filter, Four, SIDE_OF_LARGE_TILES, Two};
use crate::kernel::gpu::{
    BufferId, Epilogue, GpuOperation, Kernel, Maps, Recorder, Scratch, cell_vectors, vectors,
};
use crate::kernel::layout::{LANES, cell_stride};
use crate::kernel::{MapShape, Window};
use kernels::{DirectParameters, MultiplyParameters, PlainParameters, TransformParameters, TurnedParameters};

/// Numbers of the buffers of parameters.
const WEIGHTS: usize = 0;
const BIAS: usize = 1;

/// A direct convolution with fewer invocations than this shares its sums among more of them: GPUs keep some ten thousand
/// in flight.
const FEW_INVOCATIONS: usize = 1 << 14;

/// Side of the tiles that Winograd's filtering computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tile {
    /// F(2, 3).
    Two,
    /// F(4, 3).
    Four,
}

impl Tile {
    /// Outputs along one side.
    const fn outputs(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// Products along one side.
    const fn inputs(self) -> usize {
        self.outputs() + 2
    }
}

/// Which way it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// From the input to the output.
    Forward,
    /// From the output's gradient to the input's.
    Backward,
}

/// A convolution between maps of these shapes, without its weights.
#[derive(Debug, Clone, Copy)]
pub(in crate::operations) struct Geometry {
    from: MapShape,
    to: MapShape,
    window: Window,
    groups: usize,
}

impl GpuOperation for Convolution {
    fn record_forward(&self, recorder: &mut Recorder, maps: Maps, epilogue: Epilogue) -> Vec<BufferId> {
        let geometry = self.between(maps.input_shapes[0], maps.output_shape);
        geometry.record_forward(recorder, maps.inputs[0], epilogue)
    }

    fn record_input_gradient(
        &self,
        recorder: &mut Recorder,
        _: usize,
        maps: Maps,
        own: &[BufferId],
        gradient: BufferId,
        epilogue: Epilogue,
    ) {
        let geometry = self.between(maps.input_shapes[0], maps.output_shape);
        geometry.record_input_gradient(recorder, own, gradient, epilogue);
    }

    fn initial(&self, input: MapShape, output: MapShape, part: usize, length: usize) -> Vec<f32> {
        self.between(input, output).initial(&self.weight, &self.bias, part, length)
    }
}

impl Convolution {
    fn between(&self, from: MapShape, to: MapShape) -> Geometry {
        Geometry { from, to, window: self.window, groups: self.groups }
    }
}

impl Geometry {
    /// A linear layer: a convolution of 1 × 1 on maps of one cell, whose channels are all that its input has in memory.
    pub(in crate::operations) fn linear(from: MapShape, to: MapShape) -> Self {
        let from = MapShape::new(crate::kernel::layout::length(from), 1, 1);
        Self { from, to, window: Window::square(1, 1, 0), groups: 1 }
    }

    pub(in crate::operations) fn record_forward(
        &self,
        recorder: &mut Recorder,
        input: BufferId,
        epilogue: Epilogue,
    ) -> Vec<BufferId> {
        let weights = recorder.parameters(WEIGHTS, self.weights_length());
        let bias = recorder.parameters(BIAS, cell_stride(self.to.channels));
        self.record(recorder, Direction::Forward, [input, weights], epilogue.with_bias(bias));
        vec![weights]
    }

    pub(in crate::operations) fn record_input_gradient(
        &self,
        recorder: &mut Recorder,
        own: &[BufferId],
        gradient: BufferId,
        epilogue: Epilogue,
    ) {
        self.record(recorder, Direction::Backward, [gradient, own[0]], epilogue);
    }

    /// By whichever algorithm is the best.
    fn record(&self, recorder: &mut Recorder, direction: Direction, from: [BufferId; 2], epilogue: Epilogue) {
        match self.tile() {
            Some(tile) => self.winograd(recorder, direction, tile, from, epilogue),
            None if self.is_dense() => self.direct(recorder, direction, from, epilogue),
            None => self.plain(recorder, direction, from, epilogue),
        }
    }

    /// The tiles in which Winograd's filtering can compute this.
    fn tile(&self) -> Option<Tile> {
        let large = self.to.height.min(self.to.width) >= SIDE_OF_LARGE_TILES;
        let fits = self.groups == 1 && self.window == Window::square(3, 1, 1);
        fits.then_some(if large { Tile::Four } else { Tile::Two })
    }

    fn is_dense(&self) -> bool {
        self.groups == 1 && self.window.dilation == [1, 1]
    }

    /// Whether there are kernels for just this one.
    fn is_stem(&self) -> bool {
        self.groups == 1 && self.window == Window::square(7, 2, 3) && self.from.channels <= 3
    }

    /// Input transform, products, output transform.
    fn winograd(
        &self,
        recorder: &mut Recorder,
        direction: Direction,
        tile: Tile,
        [source, weights]: [BufferId; 2],
        epilogue: Epilogue,
    ) {
        let MapShape { channels, height, width } = self.to;
        let (inputs, outputs) = (cell_stride(self.from.channels), cell_stride(channels));
        let (depth, results) = match direction {
            Direction::Forward => (inputs, outputs),
            Direction::Backward => (outputs, inputs),
        };
        let columns = width.div_ceil(tile.outputs());
        let tiles = height.div_ceil(tile.outputs()) * columns;
        let positions = tile.inputs().pow(2);
        let patches = recorder.scratch(Scratch::First, positions * tiles * depth);
        let products = recorder.scratch(Scratch::Second, positions * tiles * results);
        let tuning = recorder.tuning();
        let lanes = tuning.transform_lanes;
        let transform =
            |channels: usize| TransformParameters { height, width, vectors: channels / lanes, columns, tiles };

        let before = kernels::winograd_input(tile);
        recorder.dispatch(before, transform(depth), None, &[source, patches], tiles * depth / lanes);

        let multiply =
            MultiplyParameters { tiles, input_vectors: inputs / LANES, output_vectors: outputs / LANES };
        let buffers = [patches, weights, products];
        let invocations = (results / LANES).div_ceil(tuning.vectors) * tiles.div_ceil(tuning.pixels);
        match direction {
            Direction::Forward => {
                let kernel = &kernels::WINOGRAD_MULTIPLY;
                recorder.dispatch_layers(kernel, multiply, None, &buffers, invocations, positions);
            }
            Direction::Backward => {
                let MultiplyParameters { tiles, input_vectors, output_vectors } = multiply;
                let turned = match tile {
                    Tile::Two => packed(&Two::TURNED),
                    Tile::Four => packed(&Four::TURNED),
                };
                let parameters =
                    TurnedParameters { tiles, input_vectors, output_vectors, side: tile.inputs(), turned };
                let kernel = &kernels::WINOGRAD_MULTIPLY_TRANSPOSED;
                recorder.dispatch_layers(kernel, parameters, None, &buffers, invocations, positions);
            }
        }

        let after = kernels::winograd_output(tile);
        recorder.dispatch(after, transform(results), Some(epilogue), &[products], tiles * results / lanes);
    }

    /// By the definition, several cells of a row at once.
    fn direct(
        &self,
        recorder: &mut Recorder,
        direction: Direction,
        [source, weights]: [BufferId; 2],
        epilogue: Epilogue,
    ) {
        let &Self { from, to, window, .. } = self;
        let [stride_down, stride_across] = window.stride;
        let (results, depth) = match direction {
            Direction::Forward => (to, from.channels),
            Direction::Backward => (from, to.channels),
        };
        // Cells of a row that are computed at once lie next to each other in the output, a stride apart in the input.
        let parts = |pixels: usize| match direction {
            Direction::Forward => to.height * to.width.div_ceil(pixels),
            Direction::Backward => from.height * stride_across * from.width.div_ceil(pixels * stride_across),
        };
        let tuning = recorder.tuning();
        let result_vectors = cell_vectors(results.channels).div_ceil(tuning.vectors);
        // Sums are shared where there are few results and long sums.
        let few = parts(tuning.pixels) * result_vectors < FEW_INVOCATIONS;
        let sliced = tuning.slices > 1 && few && cell_vectors(depth) >= 2 * tuning.slices;
        let kernel: &'static Kernel = match (direction, self.is_stem(), sliced) {
            (Direction::Forward, true, _) => &kernels::STEM,
            (Direction::Forward, false, false) => &kernels::CONVOLUTION,
            (Direction::Forward, false, true) => &kernels::CONVOLUTION_SLICED,
            (Direction::Backward, true, _) => &kernels::STEM_GRADIENT,
            (Direction::Backward, false, false) => &kernels::CONVOLUTION_GRADIENT,
            (Direction::Backward, false, true) => &kernels::CONVOLUTION_GRADIENT_SLICED,
        };
        let parameters = DirectParameters {
            input_height: from.height,
            input_width: from.width,
            input_vectors: cell_vectors(from.channels),
            output_height: to.height,
            output_width: to.width,
            output_vectors: cell_vectors(to.channels),
            kernel_height: window.kernel[0],
            kernel_width: window.kernel[1],
            stride_down,
            stride_across,
            padding_top: window.padding[0],
            padding_left: window.padding[1],
        };
        let invocations = result_vectors * parts((kernel.cut)(tuning).pixels);
        recorder.dispatch(kernel, parameters, Some(epilogue), &[source, weights], invocations);
    }

    /// By the definition, four channels of a cell at once.
    fn plain(
        &self,
        recorder: &mut Recorder,
        direction: Direction,
        [source, weights]: [BufferId; 2],
        epilogue: Epilogue,
    ) {
        let &Self { from, to, window, groups } = self;
        let parameters = PlainParameters {
            input_height: from.height,
            input_width: from.width,
            input_vectors: cell_vectors(from.channels),
            output_height: to.height,
            output_width: to.width,
            output_vectors: cell_vectors(to.channels),
            kernel_height: window.kernel[0],
            kernel_width: window.kernel[1],
            stride_down: window.stride[0],
            stride_across: window.stride[1],
            dilation_down: window.dilation[0],
            dilation_across: window.dilation[1],
            padding_top: window.padding[0],
            padding_left: window.padding[1],
            groups,
            inputs_of_group: from.channels / groups,
            outputs_of_group: to.channels / groups,
        };
        let (kernel, results) = match direction {
            Direction::Forward => (&kernels::PLAIN, to),
            Direction::Backward => (&kernels::PLAIN_GRADIENT, from),
        };
        recorder.dispatch(kernel, parameters, Some(epilogue), &[source, weights], vectors(results));
    }
}

/// Four bits for each, the first in the lowest.
fn packed(places: &[usize]) -> usize {
    places.iter().rev().fold(0, |packed, &place| packed << 4 | place)
}
