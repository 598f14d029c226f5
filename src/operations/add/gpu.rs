//! On the GPU: a copy whose epilogue adds the other map.

use super::Add;
use crate::kernel::gpu::{BufferId, Epilogue, GpuOperation, Kernel, Maps, Recorder, record_copy, vectors};

/// It has none of its own.
pub const KERNELS: &[Kernel] = &[];

impl GpuOperation for Add {
    fn record_forward(&self, recorder: &mut Recorder, maps: Maps, epilogue: Epilogue) -> Vec<BufferId> {
        record_copy(recorder, maps.inputs[0], vectors(maps.output_shape), epilogue.with_residual(maps.inputs[1]));
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
        record_copy(recorder, gradient, vectors(maps.output_shape), epilogue);
    }
}
