//! The kernel that computes nothing but what the epilogue does: copies, sums, activations and their gradients.

use super::epilogue::Epilogue;
use super::recorder::{BufferId, Recorder};
use super::{Cut, Kernel, Parameters, parameters};

parameters! {
    /// Of a copy.
    CopyParameters {
        /// Of the whole map.
        vectors,
    }
}

/// Passes a map on as it is, but for what the epilogue does to it. No flag that asks for a channel is used with it.
pub const POINTWISE: Kernel = Kernel {
    name: "pointwise",
    files: &[include_str!("pointwise.wgsl")],
    fields: CopyParameters::FIELDS,
    has_epilogue: true,
    is_sliced: false,
    cut: Cut::usual,
};

/// Records a copy of `vectors` vectors of four.
pub fn record_copy(recorder: &mut Recorder, from: BufferId, vectors: usize, epilogue: Epilogue) {
    recorder.dispatch(&POINTWISE, CopyParameters { vectors }, Some(epilogue), &[from], vectors);
}
