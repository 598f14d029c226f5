//! On the GPU.

use super::GlobalAveragePool;
use crate::kernel::gpu::{
    BufferId, Cut, Epilogue, GpuOperation, Kernel, Maps, Parameters, Recorder, cell_vectors, parameters, vectors,
};

parameters! {
    /// Of the mean and its gradient.
    MeanParameters {
        cells,
        /// Of a cell.
        vectors,
    }
}

/// All of its kernels.
pub const KERNELS: &[Kernel] = &[MEAN, MEAN_GRADIENT];

const MEAN: Kernel = Kernel {
    name: "mean",
    files: &[include_str!("mean.wgsl")],
    fields: MeanParameters::FIELDS,
    has_epilogue: true,
    is_sliced: false,
    cut: Cut::usual,
};

const MEAN_GRADIENT: Kernel =
    Kernel { name: "mean_gradient", files: &[include_str!("mean_gradient.wgsl")], ..MEAN };

fn parameters(maps: Maps) -> MeanParameters {
    let from = maps.input_shapes[0];
    MeanParameters { cells: from.area(), vectors: cell_vectors(from.channels) }
}

impl GpuOperation for GlobalAveragePool {
    fn record_forward(&self, recorder: &mut Recorder, maps: Maps, epilogue: Epilogue) -> Vec<BufferId> {
        let invocations = vectors(maps.output_shape);
        recorder.dispatch(&MEAN, parameters(maps), Some(epilogue), &[maps.inputs[0]], invocations);
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
        recorder.dispatch(&MEAN_GRADIENT, parameters(maps), Some(epilogue), &[gradient], invocations);
    }
}
