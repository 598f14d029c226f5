//! The dispatches that an operation takes.

use super::{BufferId, Dispatch, Planner, Stored, Window};
use crate::engine::layout::LANES;
use crate::engine::winograd::{Filter, Four, Two};
use crate::gpu::kernel::{Kernel, Sums, Tile};
use crate::network::{Convolution, MaxPool, NodeId, Shape};

/// Maps of at least this side are cut into 4 × 4 tiles. Smaller ones have too few of those to be worth weights that are
/// 2.25 times those of 2 × 2 tiles.
const SIDE_OF_LARGE_TILES: usize = 12;

/// A direct convolution with fewer invocations than this shares its sums among more of them: GPUs keep some ten thousand
/// in flight.
const FEW_INVOCATIONS: usize = 1 << 14;

impl Planner<'_> {
    /// Input transform, products, output transform. `channels` are the convolution's, whichever way it runs.
    #[allow(clippy::too_many_arguments, reason = "what a convolution is made of")]
    pub(super) fn winograd(
        &mut self,
        id: NodeId,
        tile: Tile,
        multiply: Kernel,
        channels: (usize, usize),
        weights: BufferId,
        input: BufferId,
        last: Stored,
    ) -> [Dispatch; 3] {
        let Shape { height, width, .. } = self.shape(id);
        let (inputs, outputs) = channels;
        let (depth, results) = match multiply {
            Kernel::WinogradMultiply => (inputs, outputs),
            _ => (outputs, inputs),
        };
        let columns = width.div_ceil(tile.outputs());
        let tiles = height.div_ceil(tile.outputs()) * columns;
        let positions = tile.inputs().pow(2);
        let patches = self.at_least(self.patches, positions * tiles * depth);
        let products = self.at_least(self.products, positions * tiles * results);
        let lanes = self.tuning.transform_lanes;
        let map = |channels: usize| {
            vec![height as u32, width as u32, (channels / lanes) as u32, columns as u32, tiles as u32]
        };

        let before = self.over_results(
            Kernel::WinogradInput(tile),
            id,
            map(depth),
            vec![input, patches],
            tiles * depth / lanes,
        );
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
            buffers: vec![patches, weights, products],
            workgroups: [invocations.div_ceil(places) as u32, positions as u32, 1],
        };
        let mut parameters = map(results);
        parameters.push(last.flags);
        let buffers = self.stored(last.bias, last.other, last.output, &[products]);
        let after =
            self.over_results(Kernel::WinogradOutput(tile), id, parameters, buffers, tiles * results / lanes);
        [before, products_of, after]
    }

    pub(super) fn direct(
        &self,
        id: NodeId,
        window: Window,
        weights: BufferId,
        input: BufferId,
        last: Stored,
    ) -> Dispatch {
        let parts = window.to.height * window.to.width.div_ceil(self.tuning.pixels);
        let kernel = if window.is_stem() {
            Kernel::Stem
        } else {
            Kernel::Convolution(self.sums(parts, window.to.channels, window.from.channels))
        };
        self.direct_dispatch(kernel, id, window, parts, window.to.channels, &[input, weights], last)
    }

    pub(super) fn direct_gradient(
        &self,
        id: NodeId,
        window: Window,
        weights: BufferId,
        gradient: BufferId,
        last: Stored,
    ) -> Dispatch {
        let parts = |pixels: usize| {
            window.from.height * window.stride * window.from.width.div_ceil(pixels * window.stride)
        };
        let (kernel, parts) = if window.is_stem() {
            (Kernel::StemGradient, parts(Kernel::StemGradient.pixels(self.tuning)))
        } else {
            let parts = parts(self.tuning.pixels);
            let sums = self.sums(parts, window.from.channels, window.to.channels);
            (Kernel::ConvolutionGradient(sums), parts)
        };
        self.direct_dispatch(kernel, id, window, parts, window.from.channels, &[gradient, weights], last)
    }

    #[allow(clippy::too_many_arguments, reason = "what a convolution is made of")]
    pub(super) fn direct_dispatch(
        &self,
        kernel: Kernel,
        id: NodeId,
        window: Window,
        parts: usize,
        channels: usize,
        read: &[BufferId],
        last: Stored,
    ) -> Dispatch {
        let mut parameters = map_parameters(window.from);
        parameters.extend(map_parameters(window.to));
        parameters.extend([window.kernel, window.stride, window.padding].map(|value| value as u32));
        parameters.push(last.flags);
        let [places, _] = kernel.workgroup(self.tuning);
        let invocations = (padded(channels) / LANES).div_ceil(self.tuning.vectors) * parts;
        Dispatch {
            kernel,
            node: id,
            parameters,
            buffers: self.stored(last.bias, last.other, last.output, read),
            workgroups: [invocations.div_ceil(places) as u32, 1, 1],
        }
    }

    /// Whether a direct convolution shares its sums: where it has few results and long sums.
    pub(super) fn sums(&self, parts: usize, results: usize, depth: usize) -> Sums {
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
        Dispatch { kernel, node, parameters, buffers, workgroups: [results.div_ceil(places) as u32, 1, 1] }
    }

    /// The buffers of a kernel that ends in `store.wgsl`.
    pub(super) fn stored(
        &self,
        bias: Option<BufferId>,
        other: Option<BufferId>,
        output: BufferId,
        read: &[BufferId],
    ) -> Vec<BufferId> {
        let mut buffers = vec![bias.unwrap_or(self.unused), other.unwrap_or(self.unused), output];
        buffers.extend(read);
        buffers
    }
}

impl Window {
    /// Whether there are kernels for just this one.
    fn is_stem(&self) -> bool {
        (self.kernel, self.stride, self.padding) == (7, 2, 3) && self.from.channels <= 3
    }
}

/// Channels with the padding of a cell.
pub(super) const fn padded(channels: usize) -> usize {
    channels.next_multiple_of(LANES)
}

/// The tiles of a convolution that Winograd's filtering can compute.
pub(super) fn winograd_tile(convolution: &Convolution, output: Shape) -> Option<Tile> {
    let &Convolution { kernel, stride, padding, .. } = convolution;
    let large = output.height.min(output.width) >= SIDE_OF_LARGE_TILES;
    match (kernel, stride, padding) {
        (3, 1, 1) => Some(if large { Tile::Four } else { Tile::Two }),
        _ => None,
    }
}

/// Height, width, vectors of a cell.
pub(super) fn map_parameters(shape: Shape) -> Vec<u32> {
    [shape.height, shape.width, padded(shape.channels) / LANES].map(|value| value as u32).to_vec()
}

pub(super) fn window_parameters(from: Shape, to: Shape, pool: &MaxPool) -> Vec<u32> {
    [
        from.height,
        from.width,
        to.height,
        to.width,
        padded(from.channels) / LANES,
        pool.kernel,
        pool.stride,
        pool.padding,
    ]
    .map(|value| value as u32)
    .to_vec()
}

/// Four bits for each, the first in the lowest.
fn packed(places: &[usize]) -> u32 {
    places.iter().rev().fold(0, |packed, &place| packed << 4 | place as u32)
}
