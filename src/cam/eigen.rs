//! Eigen-CAM (Muhammad and Yeasin 2020): what the feature maps of a layer have most in common. It knows no class.

use super::Map;
use super::gradient::mean;
use crate::engine::FeatureMaps;

/// The activations of each cell, less the mean of each feature map, projected on their first principal component: of all
/// directions the one along which the cells differ most. In the unit of the activations; the sign, which the component
/// leaves open, is the one with which the map agrees with `Σ_k A_k`.
///
/// The paper does not subtract the means; Gildenblat's pytorch-grad-cam does, and without it the component is hardly more
/// than the mean activation.
pub fn eigen_cam(activation: &FeatureMaps) -> Map {
    let shape = activation.shape;
    let centred = Centred::new(activation);
    let component = principal_component(gram(&centred.rows, centred.length), centred.count());
    let mut projection = centred.combine(&component);
    if centred.by_cells {
        // The component's weight of each cell, then; the projection is that times the standard deviation along it.
        let norm = projection.iter().map(|value| value * value).sum::<f64>().sqrt();
        projection = component.into_iter().map(|weight| weight * norm).collect();
    }
    let mut total = vec![0.0; shape.area()];
    for channel in activation.channels() {
        for (total, &value) in total.iter_mut().zip(channel) {
            *total += f64::from(value);
        }
    }
    let agreement = dot(&projection, &total);
    let sign = if agreement < 0.0 { -1.0 } else { 1.0 };
    Map {
        width: shape.width,
        height: shape.height,
        values: projection.into_iter().map(|value| (sign * value) as f32).collect(),
    }
}

/// Activations less the mean of each feature map, as so many rows as the smaller side of the matrix has: the squares of
/// its singular values are the eigenvalues of the rows' Gram matrix, whichever side that is.
struct Centred {
    rows: Vec<f64>,
    /// Values of each row.
    length: usize,
    /// Whether a row is a cell, and no feature map.
    by_cells: bool,
}

impl Centred {
    fn new(activation: &FeatureMaps) -> Self {
        let (channels, cells) = (activation.shape.channels, activation.shape.area());
        let by_cells = cells < channels;
        let mut rows = vec![0.0; channels * cells];
        for (channel, values) in activation.channels().enumerate() {
            let mean = mean(values);
            for (cell, &value) in values.iter().enumerate() {
                let position = if by_cells { cell * channels + channel } else { channel * cells + cell };
                rows[position] = f64::from(value) - mean;
            }
        }
        Self { rows, length: channels.max(cells), by_cells }
    }

    fn count(&self) -> usize {
        self.rows.len() / self.length
    }

    /// `Σ_i weight_i row_i`.
    fn combine(&self, weights: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.length];
        for (row, weight) in self.rows.chunks_exact(self.length).zip(weights) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += weight * value;
            }
        }
        sums
    }
}

/// Columns at a time: so many that those of all rows stay in the cache.
const BLOCK: usize = 256;

/// The products of all rows of a matrix with each other.
fn gram(rows: &[f64], length: usize) -> Vec<f64> {
    let count = rows.len() / length;
    let mut products = vec![0.0; count * count];
    for start in (0..length).step_by(BLOCK) {
        let end = (start + BLOCK).min(length);
        let row = |index: usize| &rows[index * length + start..index * length + end];
        for first in 0..count {
            for second in 0..=first {
                products[first * count + second] += dot(row(first), row(second));
            }
        }
    }
    for first in 0..count {
        for second in 0..first {
            products[second * count + first] = products[first * count + second];
        }
    }
    products
}

/// Power iterations before the matrix is squared, which makes each of the next ones worth two.
const ITERATIONS: usize = 64;

/// Squarings at most: after so many, eigenvalues that differ by a rounding are told apart.
const SQUARINGS: usize = 48;

/// `‖G v − λ v‖ / λ` of a vector that is taken for an eigenvector.
const RESIDUAL: f64 = 1e-11;

/// The unit eigenvector of the largest eigenvalue of a symmetric matrix without negative ones, by power iteration. Zeros
/// for a matrix of zeros.
fn principal_component(mut matrix: Vec<f64>, side: usize) -> Vec<f64> {
    let mut vector = start(side);
    for _ in 0..SQUARINGS {
        let trace: f64 = matrix.iter().step_by(side + 1).sum();
        if trace == 0.0 || !trace.is_finite() {
            // Nothing differs from anything; or something is not finite, which the map must show.
            return vec![trace; side];
        }
        matrix.iter_mut().for_each(|value| *value /= trace);
        for _ in 0..ITERATIONS {
            let product: Vec<f64> = matrix.chunks_exact(side).map(|row| dot(row, &vector)).collect();
            let eigenvalue = dot(&product, &vector);
            let residual = product.iter().zip(&vector).map(|(p, v)| (p - eigenvalue * v).powi(2)).sum::<f64>();
            vector = unit(product);
            if residual.sqrt() <= RESIDUAL * eigenvalue {
                return vector;
            }
        }
        matrix = gram(&matrix, side);
    }
    vector
}

/// A direction without a pattern, and so at right angles to no component that activations have.
fn start(side: usize) -> Vec<f64> {
    unit((1..=side).map(|index| (index as f64 * 1.618_033_988_749_895).fract() - 0.5).collect())
}

fn unit(mut vector: Vec<f64>) -> Vec<f64> {
    let norm = dot(&vector, &vector).sqrt();
    vector.iter_mut().for_each(|value| *value /= norm);
    vector
}

/// `Σ a b`, in sums side by side.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let ((a_blocks, a_rest), (b_blocks, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    lanes.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>()
}
