//! How the work is cut up for a kind of adapter.

/// How the work is cut up for a kind of adapter. Results differ by rounding only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuning {
    /// Cells or tiles that an invocation computes at once.
    pub pixels: usize,
    /// Vectors of four channels that it computes for each.
    pub vectors: usize,
    /// Into how many slices of its input channels a direct convolution is cut, where that makes more work to share.
    pub slices: usize,
    /// Channels that an invocation transforms at once: 1, 2 or 4.
    pub transform_lanes: usize,
}

impl Tuning {
    /// For GPUs: many invocations with few registers each. Deep layers have so few cells that a direct convolution keeps
    /// a large GPU busy only if the sums themselves are shared.
    pub const HARDWARE: Self = Self { pixels: 4, vectors: 1, slices: 8, transform_lanes: 2 };

    /// For software adapters, which run invocations one after the other: much work for each, and no barriers.
    pub const SOFTWARE: Self = Self { pixels: 4, vectors: 2, slices: 1, transform_lanes: 4 };
}
