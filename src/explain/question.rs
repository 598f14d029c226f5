//! What is asked, and of which layer and class.

use super::{ExplainError, Method};
use crate::model::best;
use crate::network::{Layer, Network};

/// What is asked about a photo.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Question {
    /// Name of the target layer; the last one if `None`. Methods that see no single layer have no use for it.
    pub layer: Option<String>,
    /// How the map is made.
    pub method: Method,
    /// Class index; the predicted class if `None`.
    pub target: Option<usize>,
}

/// The layer of this name, or the last.
pub(super) fn find_layer(network: &Network, name: Option<&str>) -> Result<Layer, ExplainError> {
    let found = match name {
        Some(name) => network.layer(name),
        None => network.default_layer(),
    };
    found.cloned().ok_or_else(|| {
        let layers: Vec<&str> = network.layers().iter().map(|layer| layer.name.as_str()).collect();
        ExplainError::UnknownLayer { name: name.unwrap_or_default().to_string(), layers: layers.join(", ") }
    })
}

/// The class of this index, if the logits have it, or the best.
pub(super) fn find_class(logits: &[f32], class: Option<usize>) -> Result<usize, ExplainError> {
    let found = match class {
        Some(class) => (class < logits.len()).then_some(class),
        None => best(logits, |_| true),
    };
    found.ok_or(ExplainError::UnknownClass { class: class.unwrap_or_default(), classes: logits.len() })
}
