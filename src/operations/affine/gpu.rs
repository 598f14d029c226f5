//! On the GPU: the shift is the epilogue's bias.

use super::{Affine, narrow};
use crate::kernel::MapShape;
use crate::kernel::gpu::{
    BufferId, Cut, Epilogue, GpuOperation, Kernel, Maps, Parameters, Recorder, cell_vectors, parameters, vectors,
};
use crate::kernel::layout::LANES;

parameters! {
    /// Of a scaled map.
    ScaleParameters {
        cells,
        /// Of a cell.
        vectors,
    }
}

/// Numbers of the buffers of parameters.
const SCALE: usize = 0;
const SHIFT: usize = 1;

/// All of its kernels.
pub const KERNELS: &[Kernel] = &[AFFINE];

const AFFINE: Kernel = Kernel {
    name: "affine",
    files: &[include_str!("affine.wgsl")],
    fields: ScaleParameters::FIELDS,
    has_epilogue: true,
    is_sliced: false,
    cut: Cut::usual,
};

fn record(recorder: &mut Recorder, shape: MapShape, buffers: [BufferId; 2], epilogue: Epilogue) {
    let parameters = ScaleParameters { cells: shape.area(), vectors: cell_vectors(shape.channels) };
    recorder.dispatch(&AFFINE, parameters, Some(epilogue), &buffers, vectors(shape));
}

impl GpuOperation for Affine {
    fn record_forward(&self, recorder: &mut Recorder, maps: Maps, epilogue: Epilogue) -> Vec<BufferId> {
        let length = cell_vectors(maps.output_shape.channels) * LANES;
        let scale = recorder.parameters(SCALE, length);
        let shift = recorder.parameters(SHIFT, length);
        record(recorder, maps.output_shape, [maps.inputs[0], scale], epilogue.with_bias(shift));
        vec![scale]
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
        record(recorder, maps.output_shape, [gradient, own[0]], epilogue);
    }

    fn initial(&self, _: MapShape, _: MapShape, part: usize, length: usize) -> Vec<f32> {
        let mut values = narrow(if part == SCALE { &self.scale } else { &self.shift });
        values.resize(length, 0.0);
        values
    }
}
