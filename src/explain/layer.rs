//! Maps with the cells of a layer.

use super::explanation::Answer;
use super::question::find_class;
use super::{ExplainError, Explainer, Method, Progress, Steps, finer};
use crate::cam::{self, Map};
use crate::engine::{Engine, FeatureMaps, class_cotangent};
use crate::model::ClassScore;
use crate::network::{Layer, NodeId};

/// A map of each layer, for one class.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerMaps {
    /// The class.
    pub target: ClassScore,
    /// From the first layer to the last.
    pub maps: Vec<LayerMap>,
}

/// A map, and the layer whose cells it has.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerMap {
    /// Name of the layer.
    pub layer: String,
    /// The map, raw.
    pub map: Map,
}

impl<E: Engine> Explainer<E> {
    /// One map for each layer, for hardly more than one forward and one gradient: all come from the same way back. `target`
    /// is a class; the predicted one if `None`.
    ///
    /// # Errors
    /// [`ExplainError::NotForAllLayers`] for ablation and for methods that see no single layer; else as
    /// [`explain`](Self::explain).
    pub async fn layer_maps(&mut self, method: Method, target: Option<usize>) -> Result<LayerMaps, ExplainError> {
        if !method.traits().has_layer_maps {
            return Err(ExplainError::NotForAllLayers { method: method.name() });
        }
        self.check_fit(method)?;
        let logits = self.photo()?.1.to_vec();
        let target = find_class(&logits, target)?;
        self.engine_on_photo().await?;
        let (cam, cotangent) = match method {
            Method::Cam(cam) => (Some(cam), class_cotangent(logits.len(), target)),
            Method::FinerCam => {
                let references = finer::references(&logits, target);
                (Some(cam::Method::GradCam), finer::cotangent(&logits, target, &references, finer::GAMMA))
            }
            _ => (None, Vec::new()),
        };
        let mut maps = Vec::new();
        // From the last: the gradient at each is on the way to the one before.
        for layer in self.network().layers().to_vec().into_iter().rev() {
            let map = match cam {
                Some(cam) => self.map_of(cam, &cotangent, &layer).await?,
                None => self.eigen_cam(&layer).await?,
            };
            maps.push(LayerMap { layer: layer.name, map });
        }
        maps.reverse();
        Ok(LayerMaps { target: self.classes().score(&logits, target), maps })
    }

    /// The map of a combination of logits.
    pub(super) async fn map_of(
        &mut self,
        method: cam::Method,
        cotangent: &[f32],
        layer: &Layer,
    ) -> Result<Map, ExplainError> {
        let activation = self.engine.activation(layer.node).await?;
        let gradient = self.engine.gradient(cotangent, layer.node).await?;
        finite(cam::map(method, &activation, &gradient), &layer.name)
    }

    pub(super) async fn eigen_cam(&mut self, layer: &Layer) -> Result<Map, ExplainError> {
        finite(cam::eigen_cam(&self.engine.activation(layer.node).await?), &layer.name)
    }

    pub(super) async fn finer_cam(
        &mut self,
        logits: &[f32],
        target: usize,
        layer: &Layer,
    ) -> Result<Answer, ExplainError> {
        let references = finer::references(logits, target);
        let cotangent = finer::cotangent(logits, target, &references, finer::GAMMA);
        let map = self.map_of(cam::Method::GradCam, &cotangent, layer).await?;
        Ok(Answer { references, ..map.into() })
    }

    /// Where the head is linear in the layer no forward pass is needed; elsewhere there is one for each feature map.
    pub(super) async fn ablation_cam(
        &mut self,
        target: usize,
        logit: f32,
        layer: &Layer,
        progress: &mut dyn Progress,
    ) -> Result<Map, ExplainError> {
        let activation = self.engine.activation(layer.node).await?;
        let head = self.network().linear_head().filter(|head| head.layer == *layer);
        let weights = match head {
            Some(head) => cam::linear_ablation_weights(&head.linear, &activation, target, logit),
            None => self.ablation_weights(target, logit, layer.node, &activation, progress).await?,
        };
        finite(cam::weighted(&activation, weights), &layer.name)
    }

    async fn ablation_weights(
        &mut self,
        target: usize,
        logit: f32,
        node: NodeId,
        activation: &FeatureMaps,
        progress: &mut dyn Progress,
    ) -> Result<Vec<f64>, ExplainError> {
        let area = activation.shape.area();
        let total = activation.shape.channels;
        let mut without = activation.values.clone();
        let mut weights = Vec::with_capacity(total);
        for (index, channel) in activation.channels().enumerate() {
            let weight = if channel.iter().all(|&value| value == 0.0) {
                0.0
            } else {
                let range = index * area..(index + 1) * area;
                without[range.clone()].fill(0.0);
                let logits = self.borrow_engine().forward_from(node, &without).await?;
                without[range].copy_from_slice(channel);
                cam::ablation_weight(logit, logits[target])
            };
            weights.push(weight);
            progress.step(Steps { done: index + 1, total }).await?;
        }
        Ok(weights)
    }
}

/// Refuses a map with a NaN or an infinity. `place` is what it is a map of.
pub(super) fn finite(map: Map, place: &str) -> Result<Map, ExplainError> {
    if map.is_finite() { Ok(map) } else { Err(ExplainError::NotFinite { layer: place.to_string() }) }
}
