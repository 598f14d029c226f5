//! The head for which much follows without any computation.

use super::{Layer, Linear, MapShape, Network, Operation};

/// The last two operations of a network whose logits are linear in the mean of its last layer.
#[derive(Debug, Clone)]
pub struct LinearHead {
    /// The layer that is averaged.
    pub layer: Layer,
    /// Its shape.
    pub shape: MapShape,
    /// From means to logits.
    pub linear: Linear,
}

impl Network {
    /// The head, where it is a global average pool of the last layer followed by one [`Linear`].
    pub fn linear_head(&self) -> Option<LinearHead> {
        let layer = self.default_layer()?;
        let Operation::Linear(linear) = &self.node(self.logits()).operation else { return None };
        let &[pool] = &self.node(self.logits()).inputs[..] else { return None };
        let averages_layer = matches!(self.node(pool).operation, Operation::GlobalAveragePool(_))
            && self.node(pool).inputs == [layer.node];
        averages_layer.then(|| LinearHead {
            layer: layer.clone(),
            shape: self.map_shape(layer.node),
            linear: linear.clone(),
        })
    }
}
