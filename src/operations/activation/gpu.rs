//! On the GPU: a copy whose epilogue ends with the function, or with its gradient.

use super::Activation;
use crate::kernel::gpu::{BufferId, Epilogue, GpuOperation, Kernel, Maps, Recorder, record_copy, vectors};

/// It has none of its own.
pub const KERNELS: &[Kernel] = &[];

impl GpuOperation for Activation {
    fn record_forward(&self, recorder: &mut Recorder, maps: Maps, epilogue: Epilogue) -> Vec<BufferId> {
        record_copy(recorder, maps.inputs[0], vectors(maps.output_shape), epilogue.with_activation(*self));
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
        match self {
            Self::Relu => {
                record_copy(recorder, gradient, vectors(maps.output_shape), epilogue.with_mask(maps.output));
            }
        }
    }
}
