//! The register tile that all convolutions end in: a few rows of one matrix times a few columns of another.
//!
//! The right factor is cut into **panels** of a few columns, each stored row by row, so that a panel is read from its
//! first float to its last. The left factor's rows lie wherever they like; each is read in **runs** of neighbouring
//! floats, one run for each row of a convolution's window.
//!
//! A full tile is four rows by eight columns, or, where there are only four columns, eight rows: either way eight
//! accumulators, which together with the operands is as much as sixteen registers hold. Larger tiles spill them and lose
//! a third of the speed.

use super::simd::{self, LANES, Vector};

/// Rows of a full tile of eight columns.
pub const ROWS: usize = 4;
/// Columns of a panel, where there are so many.
pub const COLUMNS: usize = 2 * LANES;

/// One row of a tile's results.
pub type Row<const VECTORS: usize> = [Vector; VECTORS];

/// How a row of the left factor lies in memory.
#[derive(Debug, Clone, Copy)]
pub struct Runs {
    /// How many runs.
    pub count: usize,
    /// From the start of a run to that of the next, in floats.
    pub stride: usize,
    /// Floats of each.
    pub length: usize,
}

impl Runs {
    /// A row without gaps.
    pub const fn contiguous(length: usize) -> Self {
        Self { count: 1, stride: 0, length }
    }

    /// Floats of a row.
    pub const fn depth(&self) -> usize {
        self.count * self.length
    }
}

/// `rows · panel`: the products of some rows of the left factor with one panel, of `VECTORS · LANES` columns.
///
/// # Safety
/// Every run of every row, and `runs.depth()` rows of `panel`, are readable.
#[inline(always)]
pub unsafe fn multiply<const ROWS: usize, const VECTORS: usize>(
    rows: [*const f32; ROWS],
    runs: Runs,
    panel: *const f32,
) -> [Row<VECTORS>; ROWS] {
    let mut sums = [[simd::splat(0.0); VECTORS]; ROWS];
    let mut panel = panel;
    for run in 0..runs.count {
        // Safety: within the caller's promise: the runs are counted, and the panel moves on by one row for each float.
        unsafe {
            let mut rows = rows.map(|row| row.add(run * runs.stride));
            // Not unrolled: compilers then mix the steps, and run out of registers.
            for _ in 0..runs.length {
                let columns: Row<VECTORS> = std::array::from_fn(|index| simd::load(panel.add(index * LANES)));
                for (sums, row) in sums.iter_mut().zip(rows) {
                    let factor = simd::load_splat(row);
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        *sum = simd::multiply_add(factor, column, *sum);
                    }
                }
                rows = rows.map(|row| row.add(1));
                panel = panel.add(VECTORS * LANES);
            }
        }
    }
    sums
}

/// Calls `full` with the first of every `tile` rows, and `single` with each row that is left over.
#[inline(always)]
pub fn for_each_tile(rows: usize, tile: usize, full: impl FnMut(usize), single: impl FnMut(usize)) {
    let whole = rows / tile * tile;
    (0..whole).step_by(tile).for_each(full);
    (whole..rows).for_each(single);
}
