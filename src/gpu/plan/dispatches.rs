//! The dispatches that an operation takes.

use super::{BufferId, Direction, Dispatch, Planner, Stored, Window};
use crate::engine::layout::{LANES, length};
use crate::engine::winograd::{Filter, Four, Two};
use crate::gpu::kernel::{Kernel, Sums, Tile};
use crate::network::{Convolution, MaxPool, NodeId, Operation, Shape};

/// Maps of at least this side are cut into 4 × 4 tiles. Smaller ones have too few of those to be worth weights that are
/// 2.25 times those of 2 × 2 tiles.
const SIDE_OF_LARGE_TILES: usize = 12;

/// A direct convolution with fewer invocations than this shares its sums among more of them: GPUs keep some ten thousand
/// in flight.
const FEW_INVOCATIONS: usize = 1 << 14;

impl Planner<'_> {
    /// The geometry of an operation with weights.
    pub(super) fn window(&self, id: NodeId) -> Window {
        let node = self.network.node(id);
        let (from, to) = (self.shape(node.input), node.shape);
        match &node.operation {
            Operation::Convolution(convolution) => {
                let Convolution { kernel, stride, padding, .. } = **convolution;
                Window { from, to, kernel, stride, padding }
            }
            _ => Window { from: Shape::new(length(from), 1, 1), to, kernel: 1, stride: 1, padding: 0 },
        }
    }

    /// An operation with weights, by whichever algorithm is the better.
    pub(super) fn windowed(
        &mut self,
        direction: Direction,
        id: NodeId,
        source: BufferId,
        last: Stored,
    ) -> Vec<Dispatch> {
        let window = self.window(id);
        // Every such operation got weights on the way forward.
        let weights = self.weights[id.index()].unwrap_or(self.unused);
        match window.winograd_tile() {
            Some(tile) => self.winograd(direction, id, tile, [source, weights], last).to_vec(),
            None => vec![self.direct(direction, id, [source, weights], last)],
        }
    }

    /// Input transform, products, output transform.
    fn winograd(
        &mut self,
        direction: Direction,
        id: NodeId,
        tile: Tile,
        [source, weights]: [BufferId; 2],
        last: Stored,
    ) -> [Dispatch; 3] {
        let Window { from, to: Shape { channels, height, width }, .. } = self.window(id);
        let (inputs, outputs) = (padded(from.channels), padded(channels));
        let (multiply, depth, results) = match direction {
            Direction::Forward => (Kernel::WinogradMultiply, inputs, outputs),
            Direction::Backward => (Kernel::WinogradMultiplyTransposed, outputs, inputs),
        };
        let columns = width.div_ceil(tile.outputs());
        let tiles = height.div_ceil(tile.outputs()) * columns;
        let positions = tile.inputs().pow(2);
        let patches = self.at_least(self.patches, positions * tiles * depth);
        let products = self.at_least(self.products, positions * tiles * results);
        let lanes = self.tuning.transform_lanes;
        let map = |channels: usize| [height, width, channels / lanes, columns, tiles].map(|value| value as u32);

        let before = Kernel::WinogradInput(tile);
        let buffers = vec![source, patches];
        let before = self.over_results(before, id, map(depth).to_vec(), buffers, tiles * depth / lanes);
        let turned = match tile {
            Tile::Two => packed(&Two::TURNED),
            Tile::Four => packed(&Four::TURNED),
        };
        let [places, _] = multiply.workgroup(self.tuning);
        let invocations = (results / LANES).div_ceil(self.tuning.vectors) * tiles.div_ceil(self.tuning.pixels);
        let products_of = Dispatch {
            kernel: multiply,
            node: id,
            parameters: vec![
                tiles as u32,
                (inputs / LANES) as u32,
                (outputs / LANES) as u32,
                tile.inputs() as u32,
                turned,
            ],
            flags: None,
            buffers: vec![patches, weights, products],
            workgroups: [invocations.div_ceil(places) as u32, positions as u32, 1],
        };
        let after = Kernel::WinogradOutput(tile);
        let buffers = vec![products];
        let after = self.over_results(after, id, map(results).to_vec(), buffers, tiles * results / lanes);
        [before, products_of, self.stored(last, after)]
    }

    /// By the definition.
    fn direct(
        &self,
        direction: Direction,
        id: NodeId,
        [source, weights]: [BufferId; 2],
        last: Stored,
    ) -> Dispatch {
        let window = self.window(id);
        let Window { from, to, kernel, stride, padding } = window;
        let (results, depth) = match direction {
            Direction::Forward => (to, from.channels),
            Direction::Backward => (from, to.channels),
        };
        // Cells of a row that are computed at once lie next to each other in the output, a stride apart in the input.
        let parts = |pixels: usize| match direction {
            Direction::Forward => to.height * to.width.div_ceil(pixels),
            Direction::Backward => from.height * stride * from.width.div_ceil(pixels * stride),
        };
        let sums = self.sums(parts(self.tuning.pixels), results.channels, depth);
        let chosen = match (direction, window.is_stem()) {
            (Direction::Forward, true) => Kernel::Stem,
            (Direction::Forward, false) => Kernel::Convolution(sums),
            (Direction::Backward, true) => Kernel::StemGradient,
            (Direction::Backward, false) => Kernel::ConvolutionGradient(sums),
        };
        let mut parameters = Vec::new();
        for shape in [from, to] {
            let sides = [shape.height, shape.width, padded(shape.channels) / LANES];
            parameters.extend(sides.map(|value| value as u32));
        }
        parameters.extend([kernel, stride, padding].map(|value| value as u32));
        let [places, _] = chosen.workgroup(self.tuning);
        let vectors = padded(results.channels) / LANES;
        let invocations = vectors.div_ceil(self.tuning.vectors) * parts(chosen.pixels(self.tuning));
        self.stored(
            last,
            Dispatch {
                kernel: chosen,
                node: id,
                parameters,
                flags: None,
                buffers: vec![source, weights],
                workgroups: [invocations.div_ceil(places) as u32, 1, 1],
            },
        )
    }

    /// Whether a direct convolution shares its sums: where it has few results and long sums.
    fn sums(&self, parts: usize, results: usize, depth: usize) -> Sums {
        let invocations = parts * (padded(results) / LANES).div_ceil(self.tuning.vectors);
        let long = padded(depth) / LANES >= 2 * self.tuning.slices;
        if self.tuning.slices > 1 && long && invocations < FEW_INVOCATIONS { Sums::Sliced } else { Sums::Whole }
    }

    /// A kernel with one invocation for each of `results`.
    pub(super) fn over_results(
        &self,
        kernel: Kernel,
        node: NodeId,
        parameters: Vec<u32>,
        buffers: Vec<BufferId>,
        results: usize,
    ) -> Dispatch {
        let [places, _] = kernel.workgroup(self.tuning);
        let workgroups = [results.div_ceil(places) as u32, 1, 1];
        Dispatch { kernel, node, parameters, flags: None, buffers, workgroups }
    }

    /// Has a dispatch whose kernel ends in `store.wgsl` do so as `last` says.
    pub(super) fn stored(&self, last: Stored, dispatch: Dispatch) -> Dispatch {
        let Stored { bias, other, output, flags } = last;
        let written = [bias.unwrap_or(self.unused), other.unwrap_or(self.unused), output];
        let buffers = written.into_iter().chain(dispatch.buffers).collect();
        Dispatch { flags: Some(flags), buffers, ..dispatch }
    }
}

impl Window {
    /// The tiles in which Winograd's filtering can compute this.
    pub(super) fn winograd_tile(&self) -> Option<Tile> {
        let large = self.to.height.min(self.to.width) >= SIDE_OF_LARGE_TILES;
        match (self.kernel, self.stride, self.padding) {
            (3, 1, 1) => Some(if large { Tile::Four } else { Tile::Two }),
            _ => None,
        }
    }

    /// Whether there are kernels for just this one.
    fn is_stem(&self) -> bool {
        (self.kernel, self.stride, self.padding) == (7, 2, 3) && self.from.channels <= 3
    }
}

/// Channels with the padding of a cell.
pub(super) const fn padded(channels: usize) -> usize {
    channels.next_multiple_of(LANES)
}

/// What both kernels of a max-pool are told.
pub(super) fn pooling_parameters(from: Shape, to: Shape, pool: &MaxPool) -> Vec<u32> {
    let vectors = padded(from.channels) / LANES;
    let &MaxPool { kernel, stride, padding } = pool;
    let sizes = [from.height, from.width, to.height, to.width, vectors, kernel, stride, padding];
    sizes.map(|value| value as u32).to_vec()
}

/// Four bits for each, the first in the lowest.
fn packed(places: &[usize]) -> u32 {
    places.iter().rev().fold(0, |packed, &place| packed << 4 | place as u32)
}
