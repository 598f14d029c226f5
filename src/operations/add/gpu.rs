//! On the GPU: a copy whose store adds the other map.

use super::Add;
use crate::kernel::gpu::{BufferId, GpuOperation, Kernel, Maps, Recorder, Store, record_copy, vectors};

/// It has none of its own.
pub const KERNELS: &[Kernel] = &[];

impl GpuOperation for Add {
    fn record_forward(&self, recorder: &mut Recorder, maps: Maps, store: Store) -> Vec<BufferId> {
        record_copy(recorder, maps.inputs[0], vectors(maps.output_shape), store.with_residual(maps.inputs[1]));
        Vec::new()
    }

    fn record_input_gradient(
        &self,
        recorder: &mut Recorder,
        _: usize,
        maps: Maps,
        _: &[BufferId],
        gradient: BufferId,
        store: Store,
    ) {
        record_copy(recorder, gradient, vectors(maps.output_shape), store);
    }
}
