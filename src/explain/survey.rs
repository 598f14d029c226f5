//! What there is to know of a photo that is one of many: enough to see the pattern of a network's mistakes.

use super::layer::{find_class, find_layer};
use super::{ExplainError, Explainer, Explanation, Method, Prediction, Question};
use crate::cam::{Spread, spread};
use crate::engine::Engine;

/// What is asked about every photo.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyQuestion {
    /// Name of the target layer; the last one if `None`.
    pub layer: Option<String>,
    /// How the map is made.
    pub method: Method,
    /// What the answer should be, where that is known.
    pub expected: Option<usize>,
    /// How many predictions to return.
    pub top: usize,
}

/// The answer to a [`SurveyQuestion`].
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// The map of the predicted class, and the best predictions.
    pub explanation: Explanation,
    /// What the network says of the class that it should be.
    pub expected: Option<Prediction>,
    /// By how much the predicted class leads, in logits: over the expected one where that is another, else over the second.
    /// 0 where there is only one class.
    pub margin: f32,
    /// Where the positive part of the map lies.
    pub spread: Spread,
}

impl<E: Engine> Explainer<E> {
    /// Surveys the photo of the last [`forward`](Self::forward).
    ///
    /// # Errors
    /// As [`explain`](Self::explain), and [`ExplainError::UnknownClass`] for the expected one.
    pub async fn survey(&mut self, question: &SurveyQuestion) -> Result<Survey, ExplainError> {
        find_layer(self.network(), question.layer.as_deref())?;
        let ranking = self.ranking()?;
        let expected = question.expected.map(|class| find_class(&ranking, Some(class))).transpose()?;
        let asked =
            Question { layer: question.layer.clone(), method: question.method, target: None, top: question.top };
        let explanation = self.explain(&asked).await?;
        let predicted = &explanation.target;
        let rival = expected.as_ref().filter(|class| class.index != predicted.index).or(ranking.get(1));
        let margin = rival.map_or(0.0, |rival| predicted.logit - rival.logit);
        let spread = spread(&explanation.map);
        Ok(Survey { explanation, expected, margin, spread })
    }
}
