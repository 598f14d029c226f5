//! Blurring a plane of values along both of its sides.

/// What stands in for the pixels beyond the border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Border {
    /// Zeros: what is near the border fades.
    Zeros,
    /// Nothing: the pixels that exist share the weight.
    Nothing,
}

/// `plane`, in rows of `width` values, with each value a weighted sum of those around it: `weights[d]` is what a value
/// counts at the distance `d` along one side, and what is farther away than they reach counts for nothing.
pub fn blurred(plane: &[f32], width: usize, weights: &[f32], border: Border) -> Vec<f32> {
    // Twice along the rows, turning the plane round in between.
    let turned = along_rows(plane, width, weights, border);
    along_rows(&turned, plane.len() / width, weights, border)
}

/// Blurs each row, and makes it a column.
fn along_rows(plane: &[f32], width: usize, weights: &[f32], border: Border) -> Vec<f32> {
    let height = plane.len() / width;
    let mut turned = vec![0.0; plane.len()];
    for (y, row) in plane.chunks_exact(width).enumerate() {
        for x in 0..width {
            let near = (x + 1).saturating_sub(weights.len())..(x + weights.len()).min(width);
            let (mut sum, mut total) = (0.0, 0.0);
            for other in near {
                let weight = weights[other.abs_diff(x)];
                sum += weight * row[other];
                total += weight;
            }
            turned[x * height + y] = match border {
                Border::Zeros => sum,
                Border::Nothing => sum / total,
            };
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // A point in a plane of two rows of three; half of it stays, a quarter goes to either side.
        let point = [0.0, 0.0, 0.0, 8.0, 0.0, 0.0];
        let weights = [0.5, 0.25];
        assert_eq!(blurred(&point, 3, &weights, Border::Zeros), [1.0, 0.5, 0.0, 2.0, 1.0, 0.0]);
        let flat = [3.0; 6];
        assert_eq!(blurred(&flat, 3, &weights, Border::Nothing), flat);
        assert_eq!(blurred(&flat, 3, &[0.0], Border::Zeros), [0.0; 6]);
    }
}
