//! Why one class and not another.

use super::question::{find_class, find_layer};
use super::{ExplainError, Explainer};
use crate::cam::{EvidenceDistribution, Map, Method, evidence_distribution};
use crate::engine::{Engine, class_cotangent};
use crate::model::ClassScore;
use crate::network::LinearHead;

/// Two classes at one layer. All maps are HiResCAM's (Draelos and Carin 2020), which are linear in the cotangent: the
/// margin's is the difference of the other two, cell by cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The logits of all classes.
    pub logits: Vec<f32>,
    /// The class that was predicted.
    pub predicted: ClassScore,
    /// The class that it should have been.
    pub expected: ClassScore,
    /// The layer the maps are of.
    pub layer: String,
    /// What speaks for the predicted class.
    pub predicted_map: Map,
    /// What speaks for the expected class.
    pub expected_map: Map,
    /// Of the difference of the logits, predicted less expected.
    pub margin_map: Map,
    /// How the margin map adds up; `None` at layers where the sum of a map is not the logit.
    pub decomposition: Option<Decomposition>,
    /// Where what speaks for the predicted class lies in the margin map.
    pub evidence: EvidenceDistribution,
}

/// What a margin is made of: `sum + biases = logits`, up to rounding, at the last layer before a global average pool and one
/// linear layer.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Decomposition {
    /// Of the margin map.
    pub sum: f64,
    /// Difference of the biases.
    pub biases: f64,
    /// Difference of the logits.
    pub logits: f64,
    /// By how much the two sides differ.
    pub residual: f64,
}

impl Decomposition {
    fn new(margin: &Map, head: &LinearHead, predicted: &ClassScore, expected: &ClassScore) -> Self {
        let bias = |class: &ClassScore| f64::from(head.linear.bias[class.index]);
        let sum = margin.sum();
        let biases = bias(predicted) - bias(expected);
        let logits = f64::from(predicted.logit) - f64::from(expected.logit);
        Self { sum, biases, logits, residual: sum + biases - logits }
    }
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
    /// Compares the class `predicted` (the one with the largest logit if `None`) with `expected`, at `layer` (the last one
    /// if `None`).
    ///
    /// # Errors
    /// [`ExplainError::SameClass`]; else as [`explain`](Self::explain).
    pub async fn compare(
        &mut self,
        predicted: Option<usize>,
        expected: usize,
        layer: Option<&str>,
    ) -> Result<Comparison, ExplainError> {
        let layer = find_layer(self.network(), layer)?;
        let logits = self.photo()?.1.to_vec();
        let predicted = find_class(&logits, predicted)?;
        let expected = find_class(&logits, Some(expected))?;
        let [predicted, expected] = [predicted, expected].map(|class| self.classes().score(&logits, class));
        if predicted.index == expected.index {
            return Err(ExplainError::SameClass { label: predicted.label });
        }
        self.engine_on_photo().await?;
        let cotangent = class_cotangent(logits.len(), predicted.index);
        let predicted_map = self.map_of(Method::HiResCam, &cotangent, &layer).await?;
        let mut margin = cotangent;
        margin[expected.index] = -1.0;
        let cotangent = class_cotangent(logits.len(), expected.index);
        let expected_map = self.map_of(Method::HiResCam, &cotangent, &layer).await?;
        let margin_map = self.map_of(Method::HiResCam, &margin, &layer).await?;
        let head = self.network().linear_head().filter(|head| head.layer == layer);
        Ok(Comparison {
            decomposition: head.map(|head| Decomposition::new(&margin_map, &head, &predicted, &expected)),
            evidence: evidence_distribution(&margin_map),
            logits,
            predicted,
            expected,
            layer: layer.name,
            predicted_map,
            expected_map,
            margin_map,
        })
    }
}
