//! Pillow's 8-bit antialiased bilinear resampling, bit for bit, restricted to a window of the result.
//!
//! The arithmetic is that of `ImagingResample` in Pillow's
//! [`src/libImaging/Resample.c`](https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c):
//! `precompute_coeffs` and `normalize_coeffs_8bpc` give fixed-point weights; a horizontal pass rounds to 8 bits, a
//! vertical pass follows. What differs is that only the rows and columns the window needs are ever computed, so a
//! 4 × 3000 strip, which torchvision resizes to 256 × 192,000, costs no more memory than its crop.

/// Fractional bits of the fixed-point weights (Pillow's `PRECISION_BITS`): 32 bits less 8 for the sample and 2 for
/// filters with negative lobes.
const PRECISION_BITS: u32 = 32 - 8 - 2;

/// One half in fixed point: what a sum starts from to be rounded.
const HALF: i32 = 1 << (PRECISION_BITS - 1);

/// Source pixels per group of the horizontal pass: 12 bytes, a whole number of pixels and of 4-lane registers.
const GROUP: usize = 4;

/// The part of the resized image that is wanted, in its pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
}

/// Resizes an RGB image of `size` (width, height) to `resized` and returns `window` of the result.
///
/// `source` and the result are row-major with interleaved channels: `height · width · 3` bytes. The window lies
/// within `resized`; no side is 0.
pub(super) fn resample(source: &[u8], size: (u32, u32), resized: (u32, u32), window: Window) -> Vec<u8> {
    let columns = Axis::new(size.0, resized.0, window.left, window.width);
    let rows = Axis::new(size.1, resized.1, window.top, window.height);
    let source_stride = 3 * size.0 as usize;
    let source_rows = source.chunks_exact(source_stride).skip(rows.start).take(rows.length);

    let stride = 3 * window.width as usize;
    let mut narrowed = vec![0; rows.length * stride];
    horizontal_pass(source_rows, &columns, narrowed.chunks_exact_mut(stride));
    let mut result = vec![0; window.height as usize * stride];
    vertical_pass(&narrowed, &rows, stride, &mut result);
    result
}

/// The weights of one axis: how each wanted output pixel is made of source pixels.
struct Axis {
    /// First source pixel that any wanted output pixel needs.
    start: usize,
    /// How many source pixels from there on are needed.
    length: usize,
    /// For each output pixel, its first source pixel (relative to `start`) and its weights, in fixed point.
    taps: Vec<(usize, Vec<i32>)>,
}

impl Axis {
    /// Weights of the output pixels `first..first + count` when `from` pixels become `to`.
    fn new(from: u32, to: u32, first: u32, count: u32) -> Self {
        // Antialiasing: when shrinking, the triangle widens with the scale, so that every source pixel counts.
        let scale = f64::from(from) / f64::from(to);
        let support = scale.max(1.0);
        let mut taps: Vec<_> = (first..first + count)
            .map(|position| {
                let center = (f64::from(position) + 0.5) * scale;
                // Truncation after adding a half, as C's `(int)`; a negative start saturates to 0.
                let begin = (center - support + 0.5) as usize;
                let end = ((center + support + 0.5) as usize).min(from as usize);
                (begin, fixed_point_triangle(begin..end, center, support))
            })
            .collect();
        let start = taps.iter().map(|tap| tap.0).min().unwrap_or(0);
        let end = taps.iter().map(|tap| tap.0 + tap.1.len()).max();
        for tap in &mut taps {
            tap.0 -= start;
        }
        Self { start, length: end.unwrap_or(start) - start, taps }
    }
}

/// The triangle filter of half-width `support` around `center`, sampled at the source pixels of `range` and
/// normalised to a sum of 1, in fixed point.
fn fixed_point_triangle(range: std::ops::Range<usize>, center: f64, support: f64) -> Vec<i32> {
    // The order of the operations is Pillow's: another one rounds differently.
    let inverse = 1.0 / support;
    let weights = range.map(|pixel| {
        let distance = (pixel as f64 - center + 0.5) * inverse;
        (1.0 - distance.abs()).max(0.0)
    });
    let sum: f64 = weights.clone().sum();
    weights.map(|weight| (0.5 + weight / sum * f64::from(1 << PRECISION_BITS)) as i32).collect()
}

/// Resamples each source row to the columns of `axis`.
fn horizontal_pass<'a>(
    source_rows: impl Iterator<Item = &'a [u8]>,
    axis: &Axis,
    result_rows: impl Iterator<Item = &'a mut [u8]>,
) {
    // A weight per byte instead of per pixel, in groups: the inner loop then runs over 12 bytes side by side with
    // no regard to channels, and vectorises.
    let taps: Vec<(usize, Vec<[i32; 3 * GROUP]>)> = axis
        .taps
        .iter()
        .map(|(first, weights)| {
            let groups = weights
                .chunks(GROUP)
                .map(|group| std::array::from_fn(|byte| group.get(byte / 3).copied().unwrap_or(0)));
            (3 * first, groups.collect())
        })
        .collect();

    // The last group may reach past the row, where its weights are 0: rows are read from a padded copy.
    let needed = 3 * axis.start..3 * (axis.start + axis.length);
    let mut padded = vec![0; needed.len() + 3 * GROUP];
    for (source, result) in source_rows.zip(result_rows) {
        padded[..needed.len()].copy_from_slice(&source[needed.clone()]);
        let (pixels, _) = result.as_chunks_mut::<3>();
        for (pixel, (first, weights)) in pixels.iter_mut().zip(&taps) {
            let (groups, _) = padded[*first..].as_chunks::<{ 3 * GROUP }>();
            let mut sums = [0; 3 * GROUP];
            for (bytes, weights) in groups.iter().zip(weights) {
                for ((sum, &byte), &weight) in sums.iter_mut().zip(bytes).zip(weights) {
                    *sum += i32::from(byte) * weight;
                }
            }
            *pixel = std::array::from_fn(|channel| {
                let sum = sums[channel] + sums[channel + 3] + sums[channel + 6] + sums[channel + 9];
                clip8(HALF + sum)
            });
        }
    }
}

/// Resamples `source`, whose rows of `stride` bytes begin at the axis' start, to the rows of `axis`.
fn vertical_pass(source: &[u8], axis: &Axis, stride: usize, result: &mut [u8]) {
    let mut sums = vec![0; stride];
    for (result, (first, weights)) in result.chunks_exact_mut(stride).zip(&axis.taps) {
        sums.fill(HALF);
        for (row, &weight) in source.chunks_exact(stride).skip(*first).zip(weights) {
            for (sum, &byte) in sums.iter_mut().zip(row) {
                *sum += i32::from(byte) * weight;
            }
        }
        for (value, &sum) in result.iter_mut().zip(&sums) {
            *value = clip8(sum);
        }
    }
}

/// Fixed point → 8 bits.
fn clip8(sum: i32) -> u8 {
    (sum >> PRECISION_BITS).clamp(0, 255) as u8
}
