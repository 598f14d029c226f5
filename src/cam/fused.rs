//! LayerCAM over several layers (Jiang et al. 2021): fine cells of shallow layers, and the deep ones' certainty.

use super::{Map, upsample};

/// How much shallow maps are raised before the maximum is taken: the paper's γ.
const GAMMA: f32 = 2.0;

/// Puts LayerCAM's maps of several layers, from the shallowest to the deepest, together at `width × height`: each without
/// what is below zero and divided by its maximum, all but the deepest through `tanh(γ ·)`, which raises their fainter
/// values, and of all the largest value at each pixel. Shares of the largest value, from 0 to 1.
pub fn fuse(maps: &[Map], width: usize, height: usize) -> Map {
    let mut values = vec![0.0_f32; width * height];
    for (index, map) in maps.iter().enumerate() {
        if map.is_blank() {
            continue;
        }
        let maximum = map.maximum();
        let deepest = index + 1 == maps.len();
        let scale = |value: &f32| {
            let share = value.max(0.0) / maximum;
            if deepest { share } else { (GAMMA * share).tanh() }
        };
        let scaled = Map { values: map.values.iter().map(scale).collect(), ..*map };
        for (value, other) in values.iter_mut().zip(upsample(&scaled, width, height)) {
            *value = value.max(other);
        }
    }
    Map { width, height, values }
}
