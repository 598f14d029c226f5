//! The photo without its details, which insertion begins with.

use crate::blur::{self, Border};
use crate::network::MapShape;

/// Side of the kernel in pixels, and standard deviation of its Gaussian: those of RISE's authors (Petsiuk et al. 2018,
/// `evaluation.py`) for an input of 224 × 224.
const KERNEL: usize = 11;
const DEVIATION: f64 = 5.0;

/// A network's input, each channel blurred as RISE's authors do it. Outside of the photo there is its mean colour, 0.
pub fn blurred(shape: MapShape, input: &[f32]) -> Vec<f32> {
    let weights = weights();
    let channels = input.chunks_exact(shape.area());
    channels.flat_map(|channel| blur::blurred(channel, shape.width, &weights, Border::Zeros)).collect()
}

/// What a pixel counts by its distance along one side. The authors make their kernel of a point in as many cells by SciPy's
/// `gaussian_filter`, which goes on to four deviations and reflects what leaves the cells: about their middle that is to
/// go round and round. So the kernel is flatter than a Gaussian.
fn weights() -> [f32; KERNEL / 2 + 1] {
    let reach = (4.0 * DEVIATION) as i32;
    let gaussian = |distance: i32| (-0.5 * (f64::from(distance) / DEVIATION).powi(2)).exp();
    let total: f64 = (-reach..=reach).map(gaussian).sum();
    std::array::from_fn(|cell| {
        let folded = (-reach..=reach).filter(|distance| distance.rem_euclid(KERNEL as i32) == cell as i32);
        (folded.map(gaussian).sum::<f64>() / total) as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half of the middle row of the authors' `gkern(11, 5)`, over the row's sum.
    #[test]
    fn the_kernel_is_the_authors() {
        let expected = [0.093_982_1, 0.093_489_4, 0.092_191_1, 0.090_474_2, 0.088_896_1, 0.087_958_1];
        for (found, expected) in weights().into_iter().zip(expected) {
            assert!((found - expected).abs() < 2e-7, "{found} {expected}");
        }
    }

    #[test]
    fn spreads_a_point_evenly_and_leaves_a_plain_alone_but_for_its_border() {
        // Nothing that the point reaches is near the border.
        let shape = MapShape::new(2, 33, 31);
        let mut input = vec![3.0; shape.len()];
        input[16 * 31 + 15] += 1.0;
        let blurred = blurred(shape, &input);
        let at = |x: usize, y: usize| blurred[y * 31 + x] - 3.0;
        assert!((at(14, 16) - at(16, 16)).abs() < 1e-5 && (at(15, 15) - at(14, 16)).abs() < 1e-5);
        assert!(at(15, 16) > at(14, 16) && at(14, 16) > at(13, 15) && at(10, 16) > 1e-3);
        assert!(at(9, 16).abs() < 1e-5, "beyond its reach");
        let around = (10..=22).flat_map(|y| (9..=21).map(move |x| (x, y)));
        let sum: f32 = around.map(|(x, y)| at(x, y)).sum();
        assert!((sum - 1.0).abs() < 1e-3, "{sum}");
        let other = &blurred[shape.area()..];
        assert!((other[16 * 31 + 15] - 3.0).abs() < 1e-5, "the other channel");
        let corner = weights().iter().sum::<f32>().powi(2) * 3.0;
        assert!((other[0] - corner).abs() < 1e-5, "beyond the border there is nothing");
    }
}
