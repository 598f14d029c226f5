//! On the GPU.

use super::AveragePool;
use crate::kernel::gpu::{
    BufferId, Cut, Epilogue, GpuOperation, Kernel, Maps, Parameters, Recorder, cell_vectors, parameters, vectors,
};

parameters! {
    /// Of an average pool and its gradient.
    AverageParameters {
        input_height, input_width, output_height, output_width,
        /// Of a cell.
        vectors,
        kernel_height, kernel_width, stride_down, stride_across,
        padding_top, padding_left, padding_bottom, padding_right,
        /// Whether the padding counts.
        count_padding,
    }
}

/// All of its kernels.
pub const KERNELS: &[Kernel] = &[AVERAGE_POOL, AVERAGE_POOL_GRADIENT];

const AVERAGE_POOL: Kernel = Kernel {
    name: "average_pool",
    files: &[include_str!("counted.wgsl"), include_str!("average_pool.wgsl")],
    fields: AverageParameters::FIELDS,
    has_epilogue: true,
    is_sliced: false,
    cut: Cut::usual,
};

const AVERAGE_POOL_GRADIENT: Kernel = Kernel {
    name: "average_pool_gradient",
    files: &[include_str!("counted.wgsl"), include_str!("average_pool_gradient.wgsl")],
    ..AVERAGE_POOL
};

impl AveragePool {
    fn parameters(&self, maps: Maps) -> AverageParameters {
        let (from, to) = (maps.input_shapes[0], maps.output_shape);
        let [padding_top, padding_left, padding_bottom, padding_right] = self.window.padding;
        AverageParameters {
            input_height: from.height,
            input_width: from.width,
            output_height: to.height,
            output_width: to.width,
            vectors: cell_vectors(from.channels),
            kernel_height: self.window.kernel[0],
            kernel_width: self.window.kernel[1],
            stride_down: self.window.stride[0],
            stride_across: self.window.stride[1],
            padding_top,
            padding_left,
            padding_bottom,
            padding_right,
            count_padding: usize::from(self.count_padding),
        }
    }
}

impl GpuOperation for AveragePool {
    fn record_forward(&self, recorder: &mut Recorder, maps: Maps, epilogue: Epilogue) -> Vec<BufferId> {
        let invocations = vectors(maps.output_shape);
        recorder.dispatch(&AVERAGE_POOL, self.parameters(maps), Some(epilogue), &[maps.inputs[0]], invocations);
        Vec::new()
    }

    fn record_input_gradient(
        &self,
        recorder: &mut Recorder,
        _: usize,
        maps: Maps,
        _: &[BufferId],
        gradient: BufferId,
        epilogue: Epilogue,
    ) {
        let invocations = vectors(maps.input_shapes[0]);
        recorder.dispatch(&AVERAGE_POOL_GRADIENT, self.parameters(maps), Some(epilogue), &[gradient], invocations);
    }
}
