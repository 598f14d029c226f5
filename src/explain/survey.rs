//! What there is to know of a photo that is one of many: enough to see the pattern of a network's mistakes.

use super::question::{find_class, find_layer};
use super::{ExplainError, Explainer, Explanation, Method, Question};
use crate::cam::{EvidenceDistribution, evidence_distribution};
use crate::engine::Engine;
use crate::model::{ClassScore, best};

/// What is asked about every photo.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyQuestion {
    /// Name of the target layer; the last one if `None`.
    pub layer: Option<String>,
    /// How the map is made.
    pub method: Method,
    /// What the answer should be, where that is known.
    pub expected: Option<usize>,
}

/// The answer to a [`SurveyQuestion`].
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// The map of the predicted class.
    pub explanation: Explanation,
    /// What the network says of the class that it should be.
    pub expected: Option<ClassScore>,
    /// By how much the predicted class leads, in logits: over the expected one where that is another, else over the second.
    /// 0 where there is only one class.
    pub margin: f32,
    /// Where the positive part of the map lies.
    pub evidence: EvidenceDistribution,
}

impl<E: Engine> Explainer<E> {
    /// Surveys the photo of the last [`forward`](Self::forward).
    ///
    /// # Errors
    /// As [`explain`](Self::explain), and [`ExplainError::UnknownClass`] for the expected one.
    pub async fn survey(&mut self, question: &SurveyQuestion) -> Result<Survey, ExplainError> {
        find_layer(self.network(), question.layer.as_deref())?;
        let logits = self.photo()?.1;
        let expected = question.expected.map(|class| find_class(logits, Some(class))).transpose()?;
        let asked = Question { layer: question.layer.clone(), method: question.method, target: None };
        let explanation = self.explain(&asked).await?;
        let (logits, predicted) = (&explanation.logits, &explanation.target);
        let other = |class| class != predicted.index;
        let rival = expected.filter(|&class| other(class)).or_else(|| best(logits, other));
        let margin = rival.map_or(0.0, |rival| predicted.logit - logits[rival]);
        let expected = expected.map(|class| self.classes().score(logits, class));
        let evidence = evidence_distribution(&explanation.map);
        Ok(Survey { explanation, expected, margin, evidence })
    }
}
