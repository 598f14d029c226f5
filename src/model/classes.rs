//! A model's classes, and what it says of them.

use super::OutputSpec;

/// What the logits of a model stand for.
#[derive(Debug, Clone, PartialEq)]
pub struct Classes {
    /// One name for each logit, in their order.
    pub labels: Vec<String>,
    /// How logits become probabilities.
    pub output: OutputSpec,
}

/// What a model says of one class.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ClassScore {
    /// Index among the logits.
    pub index: usize,
    /// Its name.
    pub label: String,
    /// By the model's [`OutputSpec`], from 0 to 1.
    pub probability: f64,
    /// The logit.
    pub logit: f32,
}

impl Classes {
    /// So many classes of which nothing is known: `class 0` …, one of all.
    pub fn numbered(count: usize) -> Self {
        Self { labels: (0..count).map(|class| format!("class {class}")).collect(), output: OutputSpec::default() }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.labels.len()
    }

    /// What `logits` say of one class.
    ///
    /// # Panics
    /// Where there is no such class.
    pub fn score(&self, logits: &[f32], class: usize) -> ClassScore {
        let probability = self.output.probability(logits, class);
        ClassScore { index: class, label: self.labels[class].clone(), probability, logit: logits[class] }
    }

    /// What `logits` say of the `count` best classes, best first; equal logits keep the order of the classes.
    pub fn rank(&self, logits: &[f32], count: usize) -> Vec<ClassScore> {
        let probabilities = self.output.probabilities(logits);
        let mut order: Vec<usize> = (0..logits.len()).collect();
        order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
        order.truncate(count);
        let score = |class: usize| ClassScore {
            index: class,
            label: self.labels[class].clone(),
            probability: probabilities[class],
            logit: logits[class],
        };
        order.into_iter().map(score).collect()
    }
}

/// The class with the largest logit, the first of those that are equal, among those that `chosen` allows; `None` where
/// there is none.
pub(crate) fn best(logits: &[f32], chosen: impl Fn(usize) -> bool) -> Option<usize> {
    let better =
        |best: usize, class: usize| if logits[class].total_cmp(&logits[best]).is_gt() { class } else { best };
    (0..logits.len()).filter(|&class| chosen(class)).reduce(better)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_come_first_and_equals_in_their_order() {
        let classes = Classes { labels: ["a", "b", "c", "d"].map(String::from).to_vec(), ..Classes::numbered(4) };
        let logits = [1.0, 4.0, -3.0, 4.0];
        let ranking = classes.rank(&logits, 3);
        assert_eq!(ranking.iter().map(|class| class.label.as_str()).collect::<String>(), "bda");
        for class in &ranking {
            assert_eq!(*class, classes.score(&logits, class.index));
        }
        assert_eq!(best(&logits, |_| true), Some(1));
        assert_eq!(best(&logits, |class| class != 1), Some(3));
        assert_eq!(best(&logits, |_| false), None);
    }

    #[test]
    fn probabilities_go_by_the_output() {
        let independent = Classes { output: OutputSpec::Sigmoid, ..Classes::numbered(2) };
        let ranking = independent.rank(&[0.0, 0.0], 2);
        assert!(ranking.iter().all(|class| class.probability == 0.5));
        assert_eq!(ranking[1].label, "class 1");
        assert_eq!(independent.score(&[50.0, 0.0], 1).probability, 0.5, "whatever the others");
    }
}
