//! What GPU kernels are written with, and how an operation says which of them run: as data, without any device.
//!
//! An operation's [`GpuOperation`] records [dispatches](Dispatch) of [kernels](Kernel) over [buffers](Buffer); the engine
//! makes them real. Kernels are WGSL in the forms of `template`; most end in `epilogue.wgsl`, the epilogue.

mod epilogue;
mod kernel;
mod parameters;
mod pointwise;
mod recorder;
mod template;
mod tuning;

pub use epilogue::{Epilogue, flags};
pub use kernel::{Cut, Kernel};
pub use parameters::Parameters;
pub use pointwise::{POINTWISE, record_copy};
pub use recorder::{Buffer, BufferId, Contents, Dispatch, Recorder, Scratch};
pub use tuning::Tuning;

pub(crate) use parameters::parameters;

use super::MapShape;

/// Where the maps of one step lie.
#[derive(Clone, Copy)]
pub struct Maps<'a> {
    /// Shapes of the inputs.
    pub input_shapes: &'a [MapShape],
    /// Shape of the output.
    pub output_shape: MapShape,
    /// The inputs. On the way back, those hold what the operation says its backward reads.
    pub inputs: &'a [BufferId],
    /// The output, likewise.
    pub output: BufferId,
}

/// What an operation does on the GPU, either way.
pub trait GpuOperation {
    /// Records what computes the output and stores it as `epilogue` says. Returns the buffers that the way back needs besides
    /// the maps: weights, say.
    fn record_forward(&self, recorder: &mut Recorder, maps: Maps, epilogue: Epilogue) -> Vec<BufferId>;

    /// Records what computes the gradient with respect to input number `index` from `gradient`, that of what the operation
    /// itself computes, and stores it as `epilogue` says. `own` are the buffers that the way forward returned.
    fn record_input_gradient(
        &self,
        recorder: &mut Recorder,
        index: usize,
        maps: Maps,
        own: &[BufferId],
        gradient: BufferId,
        epilogue: Epilogue,
    );

    /// The values that a buffer of parameters begins with: `part` and `length` are those that it was asked for with. Only
    /// operations that ask for such buffers need say.
    fn initial(&self, input: MapShape, output: MapShape, part: usize, length: usize) -> Vec<f32> {
        let _ = (input, output, part);
        vec![0.0; length]
    }
}

/// Vectors of a map in memory.
pub(crate) fn vectors(shape: MapShape) -> usize {
    super::layout::length(shape) / super::layout::LANES
}

/// Vectors of one cell.
pub(crate) fn cell_vectors(channels: usize) -> usize {
    super::layout::cell_stride(channels) / super::layout::LANES
}
