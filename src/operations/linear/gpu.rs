//! On the GPU: to the kernels it is a convolution of 1 × 1 on a map of one cell.

use super::Linear;
use crate::kernel::MapShape;
use crate::kernel::gpu::{BufferId, Epilogue, GpuOperation, Maps, Recorder};
use crate::kernel::layout::to_cells;
use crate::operations::convolution::gpu::Geometry;

/// It has none of its own.
pub const KERNELS: &[crate::kernel::gpu::Kernel] = &[];

impl GpuOperation for Linear {
    fn record_forward(&self, recorder: &mut Recorder, maps: Maps, epilogue: Epilogue) -> Vec<BufferId> {
        let geometry = Geometry::linear(maps.input_shapes[0], maps.output_shape);
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
        let geometry = Geometry::linear(maps.input_shapes[0], maps.output_shape);
        geometry.record_input_gradient(recorder, own, gradient, epilogue);
    }

    /// The weights in the order in which the input lies in memory.
    fn initial(&self, input: MapShape, output: MapShape, part: usize, length: usize) -> Vec<f32> {
        let rows = self.weight.chunks_exact(input.len()).flat_map(|row| to_cells(input, row));
        Geometry::linear(input, output).initial(&rows.collect::<Vec<_>>(), &self.bias, part, length)
    }
}
