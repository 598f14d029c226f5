//! Scales and colour maps: from a raw value to a colour.

use super::tables::{COOLWARM, TURBO, Table, VIRIDIS};
use crate::cam::Map;
use std::str::FromStr;

/// Colours of an unsigned map. A signed one is always drawn in diverging colours, which have a neutral middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colors {
    /// Blue, green, yellow, red.
    Turbo,
    /// Dark blue to yellow; safe for colour-blind eyes.
    Viridis,
}

impl Colors {
    /// The table to look colours up in.
    pub(super) fn table(self, scale: Scale) -> &'static Table {
        match (scale, self) {
            (Scale::Signed, _) => &COOLWARM,
            (_, Self::Turbo) => &TURBO,
            (_, Self::Viridis) => &VIRIDIS,
        }
    }
}

/// How raw values are stretched over the colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// `max(0, v) / maximum`: the paper's.
    Positive,
    /// `(v − minimum) / (maximum − minimum)`: the article's.
    MinMax,
    /// From `−m` to `m`, `m` the largest magnitude.
    Signed,
}

impl Scale {
    /// The raw values at the two ends of the colours.
    pub fn range(self, map: &Map) -> Range {
        let (minimum, maximum) = (map.minimum(), map.maximum());
        match self {
            Self::Positive => Range { low: 0.0, high: maximum.max(0.0) },
            Self::MinMax => Range { low: minimum, high: maximum },
            Self::Signed => {
                // Above zero even for a map of zeros, which has the middle colour.
                let magnitude = maximum.abs().max(minimum.abs()).max(f32::MIN_POSITIVE);
                Range { low: -magnitude, high: magnitude }
            }
        }
    }

    /// The range for maps that are to be compared: it ends at `end`, above zero, whatever their own largest value. The
    /// min–max scale has no such range, being each map's own.
    pub fn range_to(self, end: f32) -> Option<Range> {
        match self {
            Self::Positive => Some(Range { low: 0.0, high: end }),
            Self::MinMax => None,
            Self::Signed => Some(Range { low: -end, high: end }),
        }
    }
}

/// Raw values at the two ends of the colours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// At the first colour.
    pub low: f32,
    /// At the last colour.
    pub high: f32,
}

impl Range {
    /// Which of 256 colours `value` has. Where both ends are the same, nothing stands out: the first.
    pub(super) fn step(self, value: f32) -> usize {
        let span = self.high - self.low;
        if span <= 0.0 {
            return 0;
        }
        let share = ((value - self.low) / span).clamp(0.0, 1.0);
        // 0 to 255, by the clamp.
        (share * 255.0).round() as usize
    }
}

/// A colour map or a scale of this name does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{name}” is not one of {known}.")]
pub struct UnknownName {
    name: String,
    known: &'static str,
}

impl FromStr for Colors {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        match name {
            "turbo" => Ok(Self::Turbo),
            "viridis" => Ok(Self::Viridis),
            _ => Err(UnknownName { name: name.to_string(), known: "turbo and viridis" }),
        }
    }
}

impl FromStr for Scale {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        match name {
            "positive" => Ok(Self::Positive),
            "min-max" => Ok(Self::MinMax),
            "signed" => Ok(Self::Signed),
            _ => Err(UnknownName { name: name.to_string(), known: "positive, min-max and signed" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(values: [f32; 3]) -> Map {
        Map { width: 3, height: 1, values: values.to_vec() }
    }

    #[test]
    fn scales_stretch_as_they_say() {
        let map = map([-1.0, 1.0, 3.0]);
        let steps = |scale: Scale| map.values.iter().map(|&v| scale.range(&map).step(v)).collect::<Vec<_>>();
        assert_eq!(steps(Scale::Positive), [0, 85, 255]);
        assert_eq!(steps(Scale::MinMax), [0, 128, 255]);
        assert_eq!(steps(Scale::Signed), [85, 170, 255]);
    }

    #[test]
    fn a_flat_or_blank_map_has_one_colour() {
        let flat = map([2.0; 3]);
        assert_eq!(Scale::MinMax.range(&flat).step(2.0), 0);
        let blank = map([-3.0, -2.0, -1.0]);
        assert!(blank.values.iter().all(|&value| Scale::Positive.range(&blank).step(value) == 0));
    }

    #[test]
    fn maps_share_a_range() {
        let steps =
            |scale: Scale| scale.range_to(4.0).map(|range| [-4.0, 0.0, 4.0].map(|value| range.step(value)));
        assert_eq!(steps(Scale::Positive), Some([0, 0, 255]));
        assert_eq!(steps(Scale::Signed), Some([0, 128, 255]));
        assert_eq!(steps(Scale::MinMax), None);
        assert_eq!(Scale::Signed.range(&map([0.0; 3])).step(0.0), 128);
    }

    #[test]
    fn the_signed_middle_is_neutral() {
        let map = map([-1.0, 0.0, 1.0]);
        let [red, green, blue] = Colors::Turbo.table(Scale::Signed)[Scale::Signed.range(&map).step(0.0)];
        assert!(red.abs_diff(green) < 4 && green.abs_diff(blue) < 4, "{red} {green} {blue}");
    }
}
