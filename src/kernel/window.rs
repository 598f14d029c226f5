//! The one place of the geometry of sliding windows.

/// A window that slides over the rows and columns of a map. Arrays of two are down and across.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Cells of the window.
    pub kernel: [usize; 2],
    /// From one window to the next, in cells.
    pub stride: [usize; 2],
    /// From one cell of the window to the next, in cells.
    pub dilation: [usize; 2],
    /// Cells around the map: top, left, bottom, right.
    pub padding: [usize; 4],
}

/// A window along one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowAxis {
    /// Cells of the window.
    pub kernel: usize,
    /// From one window to the next, in cells.
    pub stride: usize,
    /// From one cell of the window to the next, in cells.
    pub dilation: usize,
    /// Cells of padding before the first cell.
    pub before: usize,
    /// Cells of padding after the last cell.
    pub after: usize,
}

/// What becomes of cells at the end that no whole stride reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// No window looks at them.
    Floor,
    /// One more window does, unless it would begin in the padding behind them: PyTorch's `ceil_mode`.
    Ceil,
}

impl Window {
    /// The same in both directions, without dilation.
    pub const fn square(kernel: usize, stride: usize, padding: usize) -> Self {
        Self { kernel: [kernel; 2], stride: [stride; 2], dilation: [1; 2], padding: [padding; 4] }
    }

    /// Down.
    pub const fn down(&self) -> WindowAxis {
        self.axis(0)
    }

    /// Across.
    pub const fn across(&self) -> WindowAxis {
        self.axis(1)
    }

    const fn axis(&self, axis: usize) -> WindowAxis {
        WindowAxis {
            kernel: self.kernel[axis],
            stride: self.stride[axis],
            dilation: self.dilation[axis],
            before: self.padding[axis],
            after: self.padding[axis + 2],
        }
    }

    /// Cells of a window.
    pub const fn area(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Rows and columns of what comes out of a map of `height × width`; `None` where no window fits, or where the window
    /// makes no sense.
    pub fn output(&self, [height, width]: [usize; 2], rounding: Rounding) -> Option<[usize; 2]> {
        Some([self.down().count(height, rounding)?, self.across().count(width, rounding)?])
    }

    /// All its numbers, for comparison.
    pub fn numbers(&self) -> impl Iterator<Item = usize> + use<> {
        let Self { kernel, stride, dilation, padding } = *self;
        kernel.into_iter().chain(stride).chain(dilation).chain(padding)
    }
}

impl WindowAxis {
    /// How many windows there are over `length` cells: `⌊(length + padding − reach) / stride⌋ + 1`, where a window
    /// reaches over `dilation · (kernel − 1) + 1` cells.
    pub fn count(&self, length: usize, rounding: Rounding) -> Option<usize> {
        if self.kernel == 0 || self.stride == 0 || self.dilation == 0 {
            return None;
        }
        let reach = (self.kernel - 1).checked_mul(self.dilation)?.checked_add(1)?;
        let room = length.checked_add(self.before)?.checked_add(self.after)?.checked_sub(reach)?;
        let whole = room / self.stride + 1;
        let one_more = rounding == Rounding::Ceil
            && !room.is_multiple_of(self.stride)
            && whole * self.stride < length + self.before;
        Some(whole + usize::from(one_more))
    }

    /// The cell that place `tap` of window `position` looks at; `None` in the padding.
    #[inline]
    pub fn cell(&self, position: usize, tap: usize, length: usize) -> Option<usize> {
        (position * self.stride + tap * self.dilation).checked_sub(self.before).filter(|&cell| cell < length)
    }

    /// The window, of `count`, whose place `tap` looks at `cell`.
    #[inline]
    pub fn position(&self, cell: usize, tap: usize, count: usize) -> Option<usize> {
        let offset = (cell + self.before).checked_sub(tap * self.dilation)?;
        let position = offset / self.stride;
        (offset.is_multiple_of(self.stride) && position < count).then_some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_pytorch_does() {
        let axis = |kernel, stride, before, after| WindowAxis { kernel, stride, dilation: 1, before, after };
        assert_eq!(axis(3, 2, 1, 1).count(112, Rounding::Floor), Some(56));
        assert_eq!(axis(3, 2, 0, 0).count(112, Rounding::Floor), Some(55));
        assert_eq!(axis(3, 2, 0, 0).count(112, Rounding::Ceil), Some(56));
        // A window that would begin in the padding behind is none: torch.nn.MaxPool2d(2, 2, 1, ceil_mode=True) of 3 cells.
        assert_eq!(axis(2, 2, 1, 1).count(3, Rounding::Ceil), Some(2));
        assert_eq!(WindowAxis { dilation: 2, ..axis(3, 1, 0, 0) }.count(5, Rounding::Floor), Some(1));
    }

    #[test]
    fn windows_that_make_no_sense_are_none() {
        let axis = WindowAxis { kernel: 3, stride: 1, dilation: 1, before: 0, after: 0 };
        for broken in [
            WindowAxis { kernel: 0, ..axis },
            WindowAxis { stride: 0, ..axis },
            WindowAxis { dilation: 0, ..axis },
            WindowAxis { kernel: usize::MAX, dilation: 2, ..axis },
            WindowAxis { before: usize::MAX, ..axis },
            WindowAxis { kernel: 9, ..axis },
        ] {
            assert_eq!(broken.count(8, Rounding::Floor), None, "{broken:?}");
        }
    }

    #[test]
    fn cell_and_position_are_inverse() {
        let axis = WindowAxis { kernel: 3, stride: 2, dilation: 3, before: 2, after: 1 };
        let count = axis.count(11, Rounding::Floor).expect("windows");
        for position in 0..count {
            for tap in 0..axis.kernel {
                if let Some(cell) = axis.cell(position, tap, 11) {
                    assert_eq!(axis.position(cell, tap, count), Some(position));
                }
            }
        }
        let reached =
            (0..11).flat_map(|cell| (0..3).filter_map(move |tap| axis.position(cell, tap, count))).count();
        let looked = (0..count).flat_map(|at| (0..3).filter_map(move |tap| axis.cell(at, tap, 11))).count();
        assert_eq!(reached, looked);
    }
}
