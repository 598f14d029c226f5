//! All classes at once.

use super::Map;
use crate::engine::FeatureMaps;
use crate::network::Linear;

/// The Grad-CAM map of every class at a layer that a global average pool and `linear` turn into the logits.
///
/// There the gradient of logit `c` is `W[c,k] / (H·W)` in every cell, so that no backward pass is needed: all maps are
/// one product, `W · A / (H·W)`. HiResCAM and XGrad-CAM have the same maps.
pub fn class_maps(linear: &Linear, activation: &FeatureMaps) -> Vec<Map> {
    let shape = activation.shape;
    assert_eq!(
        linear.weight.len(),
        linear.bias.len() * shape.channels,
        "one weight for each class and feature map"
    );
    let scale = 1.0 / shape.area() as f32;
    linear
        .weight
        .chunks_exact(shape.channels)
        .map(|weights| {
            let mut values = vec![0.0; shape.area()];
            for (&weight, channel) in weights.iter().zip(activation.channels()) {
                let weight = weight * scale;
                for (sum, &value) in values.iter_mut().zip(channel) {
                    *sum += weight * value;
                }
            }
            Map { width: shape.width, height: shape.height, values }
        })
        .collect()
}
