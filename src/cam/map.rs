//! A map, and what is asked about one.

/// A map over a layer's cells or over the input's pixels, raw: signed, before ReLU and normalisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Row by row.
    pub values: Vec<f32>,
}

/// A cell of a map, and its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// From the top, from 0.
    pub row: usize,
    /// From the left, from 0.
    pub column: usize,
    /// The raw value there.
    pub value: f32,
}

impl Map {
    /// The smallest value.
    pub fn minimum(&self) -> f32 {
        self.values.iter().copied().fold(f32::INFINITY, f32::min)
    }

    /// The largest value.
    pub fn maximum(&self) -> f32 {
        self.values.iter().copied().fold(f32::NEG_INFINITY, f32::max)
    }

    /// The largest absolute value.
    pub fn magnitude(&self) -> f32 {
        self.values.iter().copied().map(f32::abs).fold(0.0, f32::max)
    }

    /// The first cell, row by row, that has the largest value.
    pub fn peak(&self) -> Cell {
        let mut peak = 0;
        for (index, &value) in self.values.iter().enumerate() {
            if value > self.values[peak] {
                peak = index;
            }
        }
        Cell { row: peak / self.width, column: peak % self.width, value: self.values[peak] }
    }

    /// Whether nothing is left of the map after ReLU.
    pub fn is_blank(&self) -> bool {
        self.maximum() <= 0.0
    }

    /// The sum of all values.
    pub fn sum(&self) -> f64 {
        self.values.iter().copied().map(f64::from).sum()
    }

    /// Whether no value is a NaN or an infinity.
    pub fn is_finite(&self) -> bool {
        self.values.iter().all(|value| value.is_finite())
    }
}
