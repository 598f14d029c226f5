//! What a part of a photo is painted over with, so that a network does without it.

use super::Rectangle;
use crate::blur::{self, Border};

/// Standard deviation of the blur, as a share of the side: nothing is left of what could be recognised.
const BLUR: f32 = 1.0 / 16.0;

/// What a part is painted over with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// The photo itself, strongly blurred.
    Blur,
    /// The mean colour of all that is not painted over.
    Mean,
    /// What lies around: each pixel becomes the mean of its neighbours (Laplace's equation), so that the colours at the
    /// edge run smoothly into each other.
    Inpaint,
}

/// No fill has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("There is no fill “{0}”. The fills are blur, mean and inpaint.")]
pub struct UnknownFill(String);

impl std::str::FromStr for Fill {
    type Err = UnknownFill;

    fn from_str(name: &str) -> Result<Self, UnknownFill> {
        match name {
            "blur" => Ok(Self::Blur),
            "mean" => Ok(Self::Mean),
            "inpaint" => Ok(Self::Inpaint),
            _ => Err(UnknownFill(name.to_string())),
        }
    }
}

/// A part of what the network sees, painted over.
#[derive(Debug, Clone, PartialEq)]
pub struct Erasure {
    side: usize,
    mask: Vec<bool>,
    /// `side · side` colours; those outside the mask are the photo's.
    colors: Vec<[u8; 3]>,
}

impl Erasure {
    /// Paints over `mask` in `pixels`, `side · side · 3` bytes of RGB as of [`Photo::crop_pixels`](super::Photo::crop_pixels).
    pub fn new(pixels: &[u8], side: usize, mask: Vec<bool>, fill: Fill) -> Self {
        assert_eq!((pixels.len(), mask.len()), (side * side * 3, side * side), "a square, and a mask of it");
        let (photo, _) = pixels.as_chunks::<3>();
        let mut colors = photo.to_vec();
        for channel in 0..3 {
            let values: Vec<f32> = photo.iter().map(|color| f32::from(color[channel])).collect();
            let filled = match fill {
                Fill::Blur => blurred(&values, side),
                Fill::Mean => vec![mean(&values, &mask); values.len()],
                Fill::Inpaint => inpainted(values, &mask, side),
            };
            for (index, _) in mask.iter().enumerate().filter(|&(_, &chosen)| chosen) {
                // Means of bytes, and rounded: a byte.
                colors[index][channel] = filled[index].round() as u8;
            }
        }
        Self { side, mask, colors }
    }

    /// The pixels, painted over: `side · side · 3` bytes of RGB.
    pub fn pixels(&self) -> &[u8] {
        self.colors.as_flattened()
    }

    /// Paints over the same part of `rgba`, the photo at another size, `width` pixels wide. `crop` is the square in it.
    pub fn paint(&self, rgba: &mut [u8], width: usize, crop: Rectangle) {
        let height = rgba.len() / (4 * width);
        let scale = [crop.width / self.side as f64, crop.height / self.side as f64];
        // Which pixel of the square a place in the photo belongs to.
        let place = |position: usize, start: f64, scale: f64| {
            let place = ((position as f64 + 0.5 - start) / scale).floor();
            // Above zero, and small.
            (place >= 0.0 && place < self.side as f64).then_some(place as usize)
        };
        for y in 0..height {
            let Some(row) = place(y, crop.y, scale[1]) else { continue };
            for x in 0..width {
                let Some(column) = place(x, crop.x, scale[0]) else { continue };
                if self.mask[row * self.side + column] {
                    rgba[(y * width + x) * 4..][..3].copy_from_slice(&self.smooth(
                        (x as f64 + 0.5 - crop.x) / scale[0] - 0.5,
                        (y as f64 + 0.5 - crop.y) / scale[1] - 0.5,
                    ));
                }
            }
        }
    }

    /// The colour between the centres of four pixels.
    fn smooth(&self, x: f64, y: f64) -> [u8; 3] {
        let last = self.side as f64 - 1.0;
        let (x, y) = (x.clamp(0.0, last), y.clamp(0.0, last));
        // Within the square, by the clamp.
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.side - 1), (top + 1).min(self.side - 1));
        let (across, down) = (x - left as f64, y - top as f64);
        std::array::from_fn(|channel| {
            let at = |x: usize, y: usize| f64::from(self.colors[y * self.side + x][channel]);
            let above = at(left, top) * (1.0 - across) + at(right, top) * across;
            let below = at(left, bottom) * (1.0 - across) + at(right, bottom) * across;
            (above * (1.0 - down) + below * down).round() as u8
        })
    }
}

/// The mean of what is not chosen; of everything where everything is.
fn mean(values: &[f32], mask: &[bool]) -> f32 {
    let kept = || values.iter().zip(mask).filter(|&(_, &chosen)| !chosen).map(|(&value, _)| value);
    match kept().count() {
        0 => values.iter().sum::<f32>() / values.len() as f32,
        count => kept().sum::<f32>() / count as f32,
    }
}

/// By a Gaussian of three deviations' reach. At the border the pixels that exist share its weight.
fn blurred(values: &[f32], side: usize) -> Vec<f32> {
    let deviation = BLUR * side as f32;
    let reach = (3.0 * deviation).ceil() as usize;
    let weights: Vec<f32> =
        (0..=reach).map(|distance| (-0.5 * (distance as f32 / deviation).powi(2)).exp()).collect();
    blur::blurred(values, side, &weights, Border::Nothing)
}

/// Sweeps over the pixels at each size. The guess from half the size is smooth already; these take away what is left.
const SWEEPS: usize = 60;

/// How far beyond its neighbours' mean a pixel is moved in a sweep (successive over-relaxation).
const RELAXATION: f32 = 1.8;

/// Solves Laplace's equation where `mask` is, with the values around it as they are: first at half the size, and so on down
/// to a few pixels, then with that as a first guess.
fn inpainted(mut values: Vec<f32>, mask: &[bool], side: usize) -> Vec<f32> {
    let outside = mean(&values, mask);
    if mask.iter().all(|&chosen| chosen) {
        values.fill(outside);
        return values;
    }
    if side > 4 {
        let guess = halved(&values, mask, side);
        for index in (0..mask.len()).filter(|&index| mask[index]) {
            values[index] = guess[index / side / 2 * side.div_ceil(2) + index % side / 2];
        }
    } else {
        values.iter_mut().zip(mask).filter(|&(_, &chosen)| chosen).for_each(|(value, _)| *value = outside);
    }
    for _ in 0..SWEEPS {
        for index in (0..mask.len()).filter(|&index| mask[index]) {
            let (x, y) = (index % side, index / side);
            let neighbours = [
                (x > 0).then(|| index - 1),
                (x + 1 < side).then(|| index + 1),
                (y > 0).then(|| index - side),
                (y + 1 < side).then(|| index + side),
            ];
            let (mut sum, mut count) = (0.0, 0.0);
            for neighbour in neighbours.into_iter().flatten() {
                sum += values[neighbour];
                count += 1.0;
            }
            values[index] += RELAXATION * (sum / count - values[index]);
        }
    }
    values.iter_mut().for_each(|value| *value = value.clamp(0.0, 255.0));
    values
}

/// The solution at half the size, where a pixel is known as soon as one of its four is.
fn halved(values: &[f32], mask: &[bool], side: usize) -> Vec<f32> {
    let half = side.div_ceil(2);
    let mut sums = vec![0.0; half * half];
    let mut counts = vec![0.0; half * half];
    for index in (0..mask.len()).filter(|&index| !mask[index]) {
        let place = index / side / 2 * half + index % side / 2;
        sums[place] += values[index];
        counts[place] += 1.0;
    }
    let unknown: Vec<bool> = counts.iter().map(|&count| count == 0.0).collect();
    let known =
        sums.iter().zip(&counts).map(|(sum, count)| if *count > 0.0 { sum / count } else { 0.0 }).collect();
    inpainted(known, &unknown, half)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 48;

    /// A photo whose colours change evenly, and without rounding.
    fn slope() -> Vec<u8> {
        let pixels = (0..SIDE * SIDE).map(|index| (index % SIDE, index / SIDE));
        pixels.flat_map(|(x, y)| [(2 * x) as u8, (3 * y) as u8, (100 + x + y) as u8]).collect()
    }

    fn rectangle(columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> Vec<bool> {
        (0..SIDE * SIDE).map(|index| columns.contains(&(index % SIDE)) && rows.contains(&(index / SIDE))).collect()
    }

    #[test]
    fn outside_nothing_changes() {
        let (photo, mask) = (slope(), rectangle(5..20, 0..30));
        for fill in [Fill::Blur, Fill::Mean, Fill::Inpaint] {
            let erasure = Erasure::new(&photo, SIDE, mask.clone(), fill);
            for (index, (found, expected)) in
                erasure.pixels().chunks_exact(3).zip(photo.chunks_exact(3)).enumerate()
            {
                assert!(mask[index] || found == expected, "{fill:?} at {index}");
            }
            let nothing = Erasure::new(&photo, SIDE, vec![false; SIDE * SIDE], fill);
            assert_eq!(nothing.pixels(), photo);
        }
    }

    /// A plane solves Laplace's equation: what is inpainted continues the slope.
    #[test]
    fn inpainting_continues_a_slope() {
        let photo = slope();
        let erasure = Erasure::new(&photo, SIDE, rectangle(6..42, 8..40), Fill::Inpaint);
        for (found, expected) in erasure.pixels().iter().zip(&photo) {
            assert!(found.abs_diff(*expected) <= 1, "{found} {expected}");
        }
    }

    #[test]
    fn the_mean_is_that_of_the_rest() {
        let mut photo = vec![10; SIDE * SIDE * 3];
        let mask = rectangle(0..24, 0..48);
        for (index, pixel) in photo.chunks_exact_mut(3).enumerate() {
            if mask[index] {
                pixel.copy_from_slice(&[200, 0, 100]);
            }
        }
        assert!(Erasure::new(&photo, SIDE, mask, Fill::Mean).pixels().iter().all(|&value| value == 10));
    }

    #[test]
    fn a_photo_that_is_painted_over_as_a_whole_has_its_mean() {
        let all = vec![true; SIDE * SIDE];
        for fill in [Fill::Mean, Fill::Inpaint] {
            let erasure = Erasure::new(&slope(), SIDE, all.clone(), fill);
            assert!(erasure.pixels().chunks_exact(3).all(|color| color == [47, 71, 147]), "{fill:?}");
        }
    }

    #[test]
    fn blurring_leaves_no_detail() {
        let mut photo = vec![0; SIDE * SIDE * 3];
        for (index, pixel) in photo.chunks_exact_mut(3).enumerate() {
            pixel.fill(if (index % SIDE + index / SIDE).is_multiple_of(2) { 255 } else { 0 });
        }
        let erasure = Erasure::new(&photo, SIDE, vec![true; SIDE * SIDE], Fill::Blur);
        assert!(erasure.pixels().iter().all(|value| value.abs_diff(127) <= 6));
    }

    #[test]
    fn a_larger_photo_is_painted_over_at_the_same_place() {
        let photo = vec![50; SIDE * SIDE * 3];
        let erasure = Erasure::new(&photo, SIDE, rectangle(0..12, 0..24), Fill::Mean);
        // The square lies in the middle of a photo of 200 × 96.
        let mut rgba = vec![90; 200 * 96 * 4];
        erasure.paint(&mut rgba, 200, Rectangle { x: 52.0, y: 0.0, width: 96.0, height: 96.0 });
        for (index, pixel) in rgba.chunks_exact(4).enumerate() {
            let inside = (52..76).contains(&(index % 200)) && index / 200 < 48;
            assert_eq!(pixel, if inside { [50, 50, 50, 90] } else { [90; 4] }, "{index}");
        }
    }
}
