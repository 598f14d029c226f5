//! Identities that hold by construction and need no reference: cheap enough to be checked on every device.

use crate::cam::{self, Method};
use crate::engine::{Engine, EngineError, class_cotangent};

/// For a head of global average pool and one linear layer, HiResCAM at the last layer sums to the logit less its bias:
/// `Σ_ij M_c(i,j) + b_c = logit_c`, because the gradient there is `W[c,k] / (H·W)`, constant in space.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CompletenessCheck {
    /// Sum of the map.
    pub sum: f64,
    /// The class's bias.
    pub bias: f64,
    /// The class's logit, from the forward.
    pub logit: f64,
}

impl CompletenessCheck {
    /// How far the two sides are apart, in logits.
    pub fn residual(&self) -> f64 {
        self.sum + self.bias - self.logit
    }
}

/// Checks completeness of `class` in the engine's last forward; `None` where the network has another head.
pub async fn check_completeness<E: Engine>(
    engine: &mut E,
    logits: &[f32],
    class: usize,
) -> Result<Option<CompletenessCheck>, EngineError> {
    let Some(head) = engine.network().linear_head() else {
        return Ok(None);
    };
    let cotangent = class_cotangent(logits.len(), class);
    let activation = engine.activation(head.layer.node).await?;
    let gradient = engine.gradient(&cotangent, head.layer.node).await?;
    let map = cam::map(Method::HiResCam, &activation, &gradient);
    Ok(Some(CompletenessCheck {
        sum: map.sum(),
        bias: f64::from(head.linear.bias[class]),
        logit: f64::from(logits[class]),
    }))
}
