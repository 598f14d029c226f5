//! In which order the pixels of a photo vanish or appear.

use crate::cam::{Map, upsample};
use crate::network::MapShape;
use crate::random::Random;

/// A random map is as coarse as those of a ResNet's last layer, whatever the map it is compared with: pixels that vanish
/// one by one here and there are noise, which deceives a network faster than any map.
const RANDOM_SIDE: usize = 7;

/// What says where to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ranking {
    /// The map, at its highest value.
    Map,
    /// A map of random values.
    Random,
    /// The centre, from which the others follow by their distance.
    Centre,
}

impl Ranking {
    /// All of them, the one in question first.
    pub const ALL: [Self; 3] = [Self::Map, Self::Random, Self::Centre];

    /// The pixels of an input of this shape, row by row, in their order. Those that are equal keep that of the rows.
    pub fn order(self, map: &Map, shape: MapShape) -> Vec<usize> {
        let values = match self {
            Self::Map => upsample(map, shape.width, shape.height),
            Self::Random => {
                let mut random = Random::new(0);
                let values = (0..RANDOM_SIDE * RANDOM_SIDE).map(|_| random.uniform() as f32).collect();
                upsample(&Map { width: RANDOM_SIDE, height: RANDOM_SIDE, values }, shape.width, shape.height)
            }
            Self::Centre => {
                let from_middle = |position: usize, length: usize| position as f32 + 0.5 - length as f32 / 2.0;
                let pixels = (0..shape.area()).map(|index| (index % shape.width, index / shape.width));
                pixels.map(|(x, y)| -from_middle(x, shape.width).hypot(from_middle(y, shape.height))).collect()
            }
        };
        descending(&values)
    }
}

/// The places of `values`, highest first.
pub(super) fn descending(values: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_has_every_pixel_once() {
        let shape = MapShape::new(3, 6, 5);
        let map = Map { width: 2, height: 1, values: vec![0.0, 1.0] };
        let orders = Ranking::ALL.map(|ranking| ranking.order(&map, shape));
        for order in &orders {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..30).collect::<Vec<_>>());
        }
        let [by_map, random, centre] = orders;
        assert_eq!(by_map[0], 4, "the right edge, from above");
        assert!([12, 17].contains(&centre[0]) && [0, 4, 25, 29].contains(&centre[29]), "{centre:?}");
        assert_ne!(random, by_map);
        assert_ne!(random, centre);
        assert_eq!(random, Ranking::Random.order(&map, shape), "the same at every run");
    }
}
