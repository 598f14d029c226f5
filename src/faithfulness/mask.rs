//! Which part of a photo to do without.

use super::ranking::descending;
use crate::cam::{Map, upsample};

/// Shifts are tried at so many places along either side.
const PLACES: usize = 16;

/// The pixels of a square of `side × side` where `map` is highest, row by row: `share` of them, rounded.
pub fn top_mask(map: &Map, side: usize, share: f64) -> Vec<bool> {
    let pixels = side * side;
    // From 0 to `pixels`, by the clamp.
    let count = (share.clamp(0.0, 1.0) * pixels as f64).round() as usize;
    let mut mask = vec![false; pixels];
    descending(&upsample(map, side, side))[..count].iter().for_each(|&pixel| mask[pixel] = true);
    mask
}

/// The same shape elsewhere in the square, to compare with: shifted, cyclically, to where it overlaps `mask` least; among such places one
/// where it is not cut in two, and then the farthest. The first where even those are equal.
pub fn control_mask(mask: &[bool], side: usize) -> Vec<bool> {
    assert_eq!(mask.len(), side * side, "a mask of a square");
    let chosen: Vec<(usize, usize)> =
        (0..mask.len()).filter(|&index| mask[index]).map(|index| (index % side, index / side)).collect();
    let end = |of: fn(&(usize, usize)) -> usize| chosen.iter().map(of).max().unwrap_or(0);
    let start = |of: fn(&(usize, usize)) -> usize| chosen.iter().map(of).min().unwrap_or(0);
    let (columns, rows) = ((start(|p| p.0), end(|p| p.0)), (start(|p| p.1), end(|p| p.1)));
    // A shift cuts the shape where its first column or row has not passed the edge, but its last has.
    let cut = |(first, last): (usize, usize), by: usize| first + by < side && last + by >= side;
    let away = |by: usize| by.min(side - by);
    let shifts = (0..PLACES * PLACES).map(|place| [place % PLACES, place / PLACES].map(|at| at * side / PLACES));
    let best = shifts.min_by_key(|&[x, y]| {
        let overlap = chosen.iter().filter(|&&(column, row)| mask[(row + y) % side * side + (column + x) % side]);
        let far = away(x).pow(2) + away(y).pow(2);
        (overlap.count(), cut(columns, x) || cut(rows, y), std::cmp::Reverse(far))
    });
    let [x, y] = best.unwrap_or_default();
    let mut shifted = vec![false; mask.len()];
    chosen.iter().for_each(|&(column, row)| shifted[(row + y) % side * side + (column + x) % side] = true);
    shifted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(mask: &[bool]) -> usize {
        mask.iter().filter(|&&chosen| chosen).count()
    }

    fn rectangle(side: usize, columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> Vec<bool> {
        (0..side * side).map(|index| columns.contains(&(index % side)) && rows.contains(&(index / side))).collect()
    }

    fn overlap(a: &[bool], b: &[bool]) -> usize {
        a.iter().zip(b).filter(|&(&a, &b)| a && b).count()
    }

    #[test]
    fn the_top_pixels_are_as_many_as_asked_for() {
        let map = Map { width: 2, height: 2, values: vec![0.0, 1.0, 2.0, 3.0] };
        for (share, expected) in [(0.0, 0), (0.1, 10), (0.333, 33), (1.0, 100), (7.0, 100), (-1.0, 0)] {
            assert_eq!(count(&top_mask(&map, 10, share)), expected, "{share}");
        }
        let mask = top_mask(&map, 10, 0.05);
        // The last cell's value reaches from its centre to the corner; of equals the first rows come first.
        assert_eq!((0..100).filter(|&index| mask[index]).collect::<Vec<_>>(), [77, 78, 79, 87, 88]);
    }

    #[test]
    fn the_control_is_as_large_and_away() {
        let mask = rectangle(32, 8..20, 10..18);
        let other = control_mask(&mask, 32);
        assert_eq!(count(&other), count(&mask));
        assert_eq!(overlap(&mask, &other), 0);
        // In one piece: a rectangle again.
        let rows: Vec<usize> = (0..32).filter(|row| other[row * 32..][..32].contains(&true)).collect();
        assert_eq!((rows.len(), rows[7] - rows[0]), (8, 7), "{rows:?}");
        assert_eq!(other, control_mask(&mask, 32));
    }

    #[test]
    fn what_cannot_be_elsewhere_overlaps_as_little_as_can_be() {
        let mask = rectangle(32, 0..24, 0..32);
        // 24 of 32 columns: 16 of them at least are its own.
        assert_eq!(overlap(&mask, &control_mask(&mask, 32)), 16 * 32);
        let all = vec![true; 32 * 32];
        assert_eq!(control_mask(&all, 32), all);
        assert_eq!(count(&control_mask(&vec![false; 32 * 32], 32)), 0);
    }
}
