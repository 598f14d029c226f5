//! Static shapes of what operations compute. The batch dimension is always one, and left out.

use std::fmt;

/// Channels, height and width of feature maps, as they lie in memory: see [`layout`](super::layout).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapShape {
    /// Number of feature maps.
    pub channels: usize,
    /// Rows of each.
    pub height: usize,
    /// Columns of each.
    pub width: usize,
}

impl MapShape {
    /// `channels × height × width`.
    pub const fn new(channels: usize, height: usize, width: usize) -> Self {
        Self { channels, height, width }
    }

    /// Cells of one feature map.
    pub const fn area(&self) -> usize {
        self.height * self.width
    }

    /// Values in all.
    pub const fn len(&self) -> usize {
        self.channels * self.area()
    }

    /// Whether there are no values.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Display for MapShape {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{} × {} × {}", self.channels, self.height, self.width)
    }
}

/// The most dimensions that a [`Shape::General`] has.
const LARGEST_RANK: usize = 6;

/// Lengths of up to six dimensions, outermost first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dimensions {
    lengths: [usize; LARGEST_RANK],
    rank: usize,
}

impl Dimensions {
    /// `None` for no dimension at all, for more than six, or for more values than memory could have addresses for.
    pub fn new(lengths: &[usize]) -> Option<Self> {
        if lengths.is_empty() || lengths.len() > LARGEST_RANK {
            return None;
        }
        lengths.iter().try_fold(1_usize, |product, &length| product.checked_mul(length))?;
        let mut all = [1; LARGEST_RANK];
        all[..lengths.len()].copy_from_slice(lengths);
        Some(Self { lengths: all, rank: lengths.len() })
    }

    /// The lengths, outermost first.
    pub fn lengths(&self) -> &[usize] {
        &self.lengths[..self.rank]
    }
}

/// What a node's output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Feature maps over the places of a picture.
    Map(MapShape),
    /// One value for each channel: pooled features, logits.
    Vector {
        /// How many.
        channels: usize,
    },
    /// A vector of channels for each token.
    Tokens {
        /// How many tokens.
        count: usize,
        /// Values of each.
        channels: usize,
    },
    /// Anything else, such as the heads of an attention.
    General(Dimensions),
}

impl Shape {
    /// Feature maps of `channels × height × width`.
    pub const fn map(channels: usize, height: usize, width: usize) -> Self {
        Self::Map(MapShape::new(channels, height, width))
    }

    /// The same memory as feature maps: a vector has one cell, tokens have one each, and of other shapes the last dimension
    /// is the channels'.
    pub fn as_map(self) -> MapShape {
        match self {
            Self::Map(map) => map,
            Self::Vector { channels } => MapShape::new(channels, 1, 1),
            Self::Tokens { count, channels } => MapShape::new(channels, 1, count),
            Self::General(dimensions) => {
                let (channels, outer) = match dimensions.lengths() {
                    [outer @ .., channels] => (*channels, outer),
                    [] => (1, [].as_slice()),
                };
                MapShape::new(channels, 1, outer.iter().product())
            }
        }
    }

    /// Values in all.
    pub fn len(self) -> usize {
        self.as_map().len()
    }

    /// Whether there are no values.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether its cells stand for places of the picture, more than one.
    pub fn is_spatial(self) -> bool {
        match self {
            Self::Map(map) => map.area() > 1,
            Self::Tokens { count, .. } => count > 1,
            Self::Vector { .. } | Self::General(_) => false,
        }
    }
}

impl From<MapShape> for Shape {
    fn from(map: MapShape) -> Self {
        Self::Map(map)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Map(map) => map.fmt(formatter),
            Self::Vector { channels } => write!(formatter, "{channels}"),
            Self::Tokens { count, channels } => write!(formatter, "{count} × {channels}"),
            Self::General(dimensions) => {
                let lengths: Vec<String> = dimensions.lengths().iter().map(usize::to_string).collect();
                formatter.write_str(&lengths.join(" × "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_memory_of_a_map() {
        let general = Dimensions::new(&[3, 4, 5]).map(Shape::General).expect("three dimensions");
        for (shape, map, text) in [
            (Shape::map(2, 3, 4), MapShape::new(2, 3, 4), "2 × 3 × 4"),
            (Shape::Vector { channels: 7 }, MapShape::new(7, 1, 1), "7"),
            (Shape::Tokens { count: 9, channels: 2 }, MapShape::new(2, 1, 9), "9 × 2"),
            (general, MapShape::new(5, 1, 12), "3 × 4 × 5"),
        ] {
            assert_eq!(shape.as_map(), map);
            assert_eq!(shape.len(), map.len());
            assert_eq!(shape.to_string(), text);
        }
    }

    #[test]
    fn shapes_beyond_all_bounds_are_none() {
        assert_eq!(Dimensions::new(&[]), None);
        assert_eq!(Dimensions::new(&[1; 7]), None);
        assert_eq!(Dimensions::new(&[usize::MAX, 2]), None);
    }

    #[test]
    fn only_cells_of_a_picture_are_spatial() {
        assert!(Shape::map(1, 1, 2).is_spatial() && Shape::Tokens { count: 2, channels: 1 }.is_spatial());
        assert!(!Shape::map(9, 1, 1).is_spatial() && !Shape::Vector { channels: 9 }.is_spatial());
    }
}
