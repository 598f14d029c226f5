//! How alike two maps order the places.

/// Spearman's rank correlation, from −1 to 1: Pearson's of the ranks, equal values sharing the mean of theirs. 0 where one
/// side has no order at all.
pub fn rank_correlation(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len(), "two maps of the same cells");
    let (a, b) = (ranks(a), ranks(b));
    // Ranks have the same mean, whatever the ties.
    let mean = (a.len() as f64 - 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
    let norm = (product(&a, &a) * product(&b, &b)).sqrt();
    if norm == 0.0 { 0.0 } else { product(&a, &b) / norm }
}

/// The rank of each value, from 0 for the smallest.
fn ranks(values: &[f32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for equal in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let mean = first as f64 + (equal.len() as f64 - 1.0) / 2.0;
        equal.iter().for_each(|&index| ranks[index] = mean);
        first += equal.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let close = |a: &[f32], b: &[f32], expected: f64| {
            let found = rank_correlation(a, b);
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        };
        close(&[1.0, 5.0, 2.0], &[10.0, 1000.0, 11.0], 1.0);
        close(&[1.0, 5.0, 2.0], &[-1.0, -5.0, -2.0], -1.0);
        // Without ties 1 − 6 Σd² / (n (n² − 1)), here with differences 1, 1, 1, 1.
        close(&[1.0, 2.0, 3.0, 4.0], &[2.0, 1.0, 4.0, 3.0], 0.6);
        // Ranks 0.5, 0.5, 2 against 0, 1, 2.
        close(&[3.0, 3.0, 9.0], &[1.0, 2.0, 3.0], 0.75_f64.sqrt());
        close(&[0.0, -0.0, 9.0], &[1.0, 2.0, 3.0], 0.75_f64.sqrt());
        close(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0], 0.0);
    }
}
