//! Bilinear upsampling about half-pixel centres, as `torch.nn.functional.interpolate(mode="bilinear",
//! align_corners=False)` has it: a cell's value stands at its centre, and the border repeats.

use super::Map;

/// `map` at `width × height` pixels, row by row.
pub fn upsample(map: &Map, width: usize, height: usize) -> Vec<f32> {
    let columns: Vec<Sample> = samples(map.width, width).collect();
    let mut pixels = Vec::with_capacity(width * height);
    for row in samples(map.height, height) {
        let above = &map.values[row.first * map.width..][..map.width];
        let below = &map.values[row.second * map.width..][..map.width];
        pixels.extend(columns.iter().map(|column| {
            let along = |cells: &[f32]| mix(cells[column.first], cells[column.second], column.share);
            mix(along(above), along(below), row.share)
        }));
    }
    pixels
}

/// Between which two cells a pixel lies, and how far towards the second.
struct Sample {
    first: usize,
    second: usize,
    share: f32,
}

fn samples(cells: usize, pixels: usize) -> impl Iterator<Item = Sample> {
    let ratio = cells as f32 / pixels as f32;
    (0..pixels).map(move |pixel| {
        let position = ((pixel as f32 + 0.5) * ratio - 0.5).max(0.0);
        let first = (position as usize).min(cells - 1);
        Sample { first, second: (first + 1).min(cells - 1), share: position - first as f32 }
    })
}

fn mix(first: f32, second: f32, share: f32) -> f32 {
    first * (1.0 - share) + second * share
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `F.interpolate(torch.tensor([[[[1., 2.], [3., 5.]]]]), size=(3, 4), mode="bilinear")`.
    #[test]
    fn agrees_with_pytorch() {
        let map = Map { width: 2, height: 2, values: vec![1.0, 2.0, 3.0, 5.0] };
        let expected = [1.0, 1.25, 1.75, 2.0, 2.0, 2.375, 3.125, 3.5, 3.0, 3.5, 4.5, 5.0];
        for (found, expected) in upsample(&map, 4, 3).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }
}
