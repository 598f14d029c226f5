//! Maps with the cells of a layer.

use super::{Answer, ExplainError, Explainer, Method, Prediction, Steps, Watch, finer};
use crate::cam::{self, Map};
use crate::engine::{Engine, FeatureMaps, class_seed};
use crate::network::{Layer, Network, NodeId};

/// A map of each layer, for one class.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerMaps {
    /// The class.
    pub target: Prediction,
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
    /// One map for each layer, for hardly more than one forward and one gradient: all come from the same way back. Not for
    /// ablation, nor for methods that see no single layer. `target` is a class; the predicted one if `None`.
    pub async fn layer_maps(&mut self, method: Method, target: Option<usize>) -> Result<LayerMaps, ExplainError> {
        if !method.has_cells() || method == Method::AblationCam {
            return Err(ExplainError::NotForAllLayers { method: method.name() });
        }
        let ranking = self.ranking()?;
        let target = find_class(&ranking, target)?;
        self.settled().await?;
        let (cam, seed) = match method {
            Method::Cam(cam) => (Some(cam), class_seed(ranking.len(), target.index)),
            Method::FinerCam => {
                let seed =
                    finer::seed(ranking.len(), target.index, &finer::references(&ranking, &target), finer::GAMMA);
                (Some(cam::Method::GradCam), seed)
            }
            _ => (None, Vec::new()),
        };
        let mut maps = Vec::new();
        // From the last: the gradient at each is on the way to the one before.
        for layer in self.network().layers().to_vec().into_iter().rev() {
            let map = match cam {
                Some(cam) => self.map_of_seed(cam, &seed, &layer).await?,
                None => self.eigen_cam(&layer).await?,
            };
            maps.push(LayerMap { layer: layer.name, map });
        }
        maps.reverse();
        Ok(LayerMaps { target, maps })
    }

    /// The map of a combination of logits.
    pub(super) async fn map_of_seed(
        &mut self,
        method: cam::Method,
        seed: &[f32],
        layer: &Layer,
    ) -> Result<Map, ExplainError> {
        let activation = self.engine.activation(layer.node).await?;
        let gradient = self.engine.gradient(seed, layer.node).await?;
        finite(cam::map(method, &activation, &gradient), &layer.name)
    }

    pub(super) async fn eigen_cam(&mut self, layer: &Layer) -> Result<Map, ExplainError> {
        finite(cam::eigen_cam(&self.engine.activation(layer.node).await?), &layer.name)
    }

    pub(super) async fn finer_cam(
        &mut self,
        ranking: &[Prediction],
        target: &Prediction,
        layer: &Layer,
    ) -> Result<Answer, ExplainError> {
        let references = finer::references(ranking, target);
        let seed = finer::seed(ranking.len(), target.index, &references, finer::GAMMA);
        let map = self.map_of_seed(cam::Method::GradCam, &seed, layer).await?;
        Ok(Answer { references, ..map.into() })
    }

    /// Where the head is linear in the layer no forward pass is needed; elsewhere there is one for each feature map.
    pub(super) async fn ablation_cam(
        &mut self,
        target: &Prediction,
        layer: &Layer,
        watch: &mut dyn Watch,
    ) -> Result<Map, ExplainError> {
        let activation = self.engine.activation(layer.node).await?;
        let head = self.network().linear_head().filter(|head| head.layer == *layer);
        let weights = match head {
            Some(head) => cam::linear_ablation_weights(&head.linear, &activation, target.index, target.logit),
            None => self.ablation_weights(target, layer.node, &activation, watch).await?,
        };
        finite(cam::weighted(&activation, weights), &layer.name)
    }

    async fn ablation_weights(
        &mut self,
        target: &Prediction,
        node: NodeId,
        activation: &FeatureMaps,
        watch: &mut dyn Watch,
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
                let logits = self.probe().forward_from(node, &without).await?;
                without[range].copy_from_slice(channel);
                cam::ablation_weight(target.logit, logits[target.index])
            };
            weights.push(weight);
            watch.go_on(Steps { done: index + 1, total }).await?;
        }
        Ok(weights)
    }
}

/// Refuses a map with a NaN or an infinity. `place` is what it is a map of.
pub(super) fn finite(map: Map, place: &str) -> Result<Map, ExplainError> {
    if map.is_finite() { Ok(map) } else { Err(ExplainError::NotFinite { layer: place.to_string() }) }
}

/// The layer of this name, or the last.
pub(super) fn find_layer(network: &Network, name: Option<&str>) -> Result<Layer, ExplainError> {
    let found = match name {
        Some(name) => network.layer(name),
        None => network.last_layer(),
    };
    found.cloned().ok_or_else(|| {
        let layers: Vec<&str> = network.layers().iter().map(|layer| layer.name.as_str()).collect();
        ExplainError::UnknownLayer { name: name.unwrap_or_default().to_string(), layers: layers.join(", ") }
    })
}

/// The class of this index, or the best.
pub(super) fn find_class(ranking: &[Prediction], class: Option<usize>) -> Result<Prediction, ExplainError> {
    let found = match class {
        Some(class) => ranking.iter().find(|prediction| prediction.index == class),
        None => ranking.first(),
    };
    let unknown = ExplainError::UnknownClass { class: class.unwrap_or_default(), classes: ranking.len() };
    found.cloned().ok_or(unknown)
}

/// The last layer of each stage, from the first to the last: a stage is all that has the same size. A layer that is one
/// operation on the photo itself, a stem, is none.
pub(super) fn stages(network: &Network) -> Vec<Layer> {
    let layers: Vec<&Layer> =
        network.layers().iter().filter(|layer| network.node(layer.node).input != NodeId::INPUT).collect();
    let size = |layer: &Layer| {
        let shape = network.node(layer.node).shape;
        (shape.height, shape.width)
    };
    let mut stages: Vec<Layer> = Vec::new();
    for layer in layers {
        match stages.last_mut() {
            Some(stage) if size(stage) == size(layer) => *stage = layer.clone(),
            _ => stages.push(layer.clone()),
        }
    }
    stages
}
