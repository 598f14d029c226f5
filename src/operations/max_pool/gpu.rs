//! On the GPU.

use super::MaxPool;
use crate::kernel::gpu::{
    BufferId, Cut, Epilogue, GpuOperation, Kernel, Maps, Parameters, Recorder, cell_vectors, parameters, vectors,
};
use crate::kernel::layout::length;

parameters! {
    /// Of a max-pool and its gradient.
    PoolParameters {
        input_height, input_width, output_height, output_width,
        /// Of a cell.
        vectors,
        kernel_height, kernel_width, stride_down, stride_across, padding_top, padding_left,
    }
}

/// All of its kernels.
pub const KERNELS: &[Kernel] = &[MAX_POOL, MAX_POOL_GRADIENT];

const MAX_POOL: Kernel = Kernel {
    name: "max_pool",
    files: &[include_str!("max_pool.wgsl")],
    fields: PoolParameters::FIELDS,
    has_epilogue: false,
    is_sliced: false,
    cut: Cut::usual,
};

const MAX_POOL_GRADIENT: Kernel = Kernel {
    name: "max_pool_gradient",
    files: &[include_str!("max_pool_gradient.wgsl")],
    has_epilogue: true,
    ..MAX_POOL
};

impl MaxPool {
    fn parameters(&self, maps: Maps) -> PoolParameters {
        let (from, to) = (maps.input_shapes[0], maps.output_shape);
        PoolParameters {
            input_height: from.height,
            input_width: from.width,
            output_height: to.height,
            output_width: to.width,
            vectors: cell_vectors(from.channels),
            kernel_height: self.window.kernel[0],
            kernel_width: self.window.kernel[1],
            stride_down: self.window.stride[0],
            stride_across: self.window.stride[1],
            padding_top: self.window.padding[0],
            padding_left: self.window.padding[1],
        }
    }
}

impl GpuOperation for MaxPool {
    /// Remembers which cell of each window is the maximum.
    fn record_forward(&self, recorder: &mut Recorder, maps: Maps, epilogue: Epilogue) -> Vec<BufferId> {
        let arg_max = recorder.buffer(length(maps.output_shape));
        let buffers = [maps.inputs[0], epilogue.output, arg_max];
        recorder.dispatch(&MAX_POOL, self.parameters(maps), None, &buffers, vectors(maps.output_shape));
        vec![arg_max]
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
        let invocations = vectors(maps.input_shapes[0]);
        let buffers = [gradient, own[0]];
        recorder.dispatch(&MAX_POOL_GRADIENT, self.parameters(maps), Some(epilogue), &buffers, invocations);
    }
}
