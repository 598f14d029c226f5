//! The kernel that computes nothing but what the store does: copies, sums, activations and their gradients.

use super::recorder::{BufferId, Recorder};
use super::store::Store;
use super::{Cut, Kernel, Parameters, parameters};

parameters! {
    /// Of a copy.
    CopyParameters {
        /// Of the whole map.
        vectors,
    }
}

/// Passes a map on as it is, but for what the store does to it. No flag that asks for a channel is used with it.
pub const POINTWISE: Kernel = Kernel {
    name: "pointwise",
    files: &[include_str!("pointwise.wgsl")],
    fields: CopyParameters::FIELDS,
    stores: true,
    is_sliced: false,
    cut: Cut::usual,
};

/// Records a copy of `vectors` vectors of four.
pub fn record_copy(recorder: &mut Recorder, from: BufferId, vectors: usize, store: Store) {
    recorder.dispatch(&POINTWISE, CopyParameters { vectors }, Some(store), &[from], vectors);
}
