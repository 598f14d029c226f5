//! Why one class and not another.

use super::layer::{find_class, find_layer};
use super::{ExplainError, Explainer, Prediction};
use crate::cam::{Map, Method, Spread, spread};
use crate::engine::{Engine, class_seed};

/// Two classes at one layer. All maps are HiResCAM's (Draelos and Carin 2020), which are linear in the seed: the margin's is
/// the difference of the other two, cell by cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The class that was predicted.
    pub predicted: Prediction,
    /// The class that it should have been.
    pub expected: Prediction,
    /// The layer the maps are of.
    pub layer: String,
    /// What speaks for the predicted class.
    pub predicted_map: Map,
    /// What speaks for the expected class.
    pub expected_map: Map,
    /// Of the difference of the logits, predicted less expected.
    pub margin_map: Map,
    /// How the margin map adds up; `None` at layers where the sum of a map is not the logit.
    pub arithmetic: Option<Arithmetic>,
    /// Of what speaks for the predicted class in the margin map.
    pub spread: Spread,
}

/// `sum + biases = logits`, up to rounding, at the last layer before a global average pool and one linear layer.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Arithmetic {
    /// Of the margin map.
    pub sum: f64,
    /// Difference of the biases.
    pub biases: f64,
    /// Difference of the logits.
    pub logits: f64,
    /// By how much the two sides differ.
    pub residual: f64,
}

impl Comparison {
    /// The largest absolute value of the three maps: the end of a scale that they share.
    pub fn range(&self) -> f32 {
        [&self.predicted_map, &self.expected_map, &self.margin_map]
            .into_iter()
            .map(Map::magnitude)
            .fold(0.0, f32::max)
    }
}

impl<E: Engine> Explainer<E> {
    /// Holds the class `predicted` (the one with the largest logit if `None`) against `expected`, at `layer` (the last one
    /// if `None`).
    pub async fn compare(
        &mut self,
        predicted: Option<usize>,
        expected: usize,
        layer: Option<&str>,
    ) -> Result<Comparison, ExplainError> {
        let layer = find_layer(self.network(), layer)?;
        let ranking = self.ranking()?;
        let predicted = find_class(&ranking, predicted)?;
        let expected = find_class(&ranking, Some(expected))?;
        if predicted.index == expected.index {
            return Err(ExplainError::SameClass { label: predicted.label });
        }
        self.settled().await?;
        let seed = class_seed(ranking.len(), predicted.index);
        let predicted_map = self.map_of_seed(Method::HiResCam, &seed, &layer).await?;
        let mut margin = seed;
        margin[expected.index] = -1.0;
        let seed = class_seed(ranking.len(), expected.index);
        let expected_map = self.map_of_seed(Method::HiResCam, &seed, &layer).await?;
        let margin_map = self.map_of_seed(Method::HiResCam, &margin, &layer).await?;
        let head = self.network().linear_head().filter(|head| head.layer == layer);
        let arithmetic = head.map(|head| {
            let difference =
                |of: &dyn Fn(&Prediction) -> f32| f64::from(of(&predicted)) - f64::from(of(&expected));
            let sum = margin_map.sum();
            let biases = difference(&|class| head.linear.bias[class.index]);
            let logits = difference(&|class| class.logit);
            Arithmetic { sum, biases, logits, residual: sum + biases - logits }
        });
        let spread = spread(&margin_map);
        let layer = layer.name;
        Ok(Comparison { predicted, expected, layer, predicted_map, expected_map, margin_map, arithmetic, spread })
    }
}
