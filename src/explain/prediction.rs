//! What the network says of the classes.

/// What the network says of one class.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Prediction {
    /// Index among the logits.
    pub index: usize,
    /// Its name.
    pub label: String,
    /// Softmax over all logits.
    pub probability: f64,
    /// The logit.
    pub logit: f32,
}

/// Every class with its softmax, best first; equal logits keep the order of the classes.
pub fn rank(logits: &[f32], labels: &[String]) -> Vec<Prediction> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponential = |logit: f32| (f64::from(logit) - f64::from(largest)).exp();
    let total: f64 = logits.iter().copied().map(exponential).sum();
    let mut ranking: Vec<Prediction> = logits
        .iter()
        .zip(labels)
        .enumerate()
        .map(|(index, (&logit, label))| Prediction {
            index,
            label: label.clone(),
            probability: exponential(logit) / total,
            logit,
        })
        .collect();
    ranking.sort_by(|a, b| b.logit.total_cmp(&a.logit));
    ranking
}
