//! From gradients at the input to one value for each pixel.

use super::{Map, upsample};
use crate::engine::FeatureMaps;

/// `max_k |g_k|`: the largest magnitude among a pixel's channels (Simonyan et al. 2014).
pub fn largest_magnitude(gradient: &FeatureMaps) -> Map {
    let mut values = vec![0.0_f32; gradient.shape.area()];
    for channel in gradient.channels() {
        for (value, &gradient) in values.iter_mut().zip(channel) {
            // Not `f32::max`, which would drop a NaN that should be seen.
            if gradient.abs() > *value || gradient.is_nan() {
                *value = gradient.abs();
            }
        }
    }
    Map { width: gradient.shape.width, height: gradient.shape.height, values }
}

/// `Σ_k (x_k − x′_k) · g_k`: what each pixel adds to the logit on the way from `baseline` to `input` if `gradient` is the
/// mean along the way (Sundararajan et al. 2017). Signed, in the unit of the logits.
pub fn along_path(input: &[f32], baseline: &[f32], gradient: &FeatureMaps) -> Map {
    let shape = gradient.shape;
    let mut sums = vec![0.0; shape.area()];
    let channels = input.chunks_exact(shape.area()).zip(baseline.chunks_exact(shape.area()));
    for ((input, baseline), gradient) in channels.zip(gradient.channels()) {
        for (((sum, &to), &from), &gradient) in sums.iter_mut().zip(input).zip(baseline).zip(gradient) {
            *sum += (f64::from(to) - f64::from(from)) * f64::from(gradient);
        }
    }
    Map { width: shape.width, height: shape.height, values: sums.into_iter().map(|sum| sum as f32).collect() }
}

/// `relu(M) ⊙ G`, divided by its maximum: a layer's Grad-CAM map, upsampled, says where the class is, and `guided`, a map
/// by guided backpropagation, which pixels are prominent there (Selvaraju et al. 2017). Shares of the largest value.
pub fn guided_grad_cam(grad_cam: &Map, guided: &Map) -> Map {
    let positive = Map { values: grad_cam.values.iter().map(|value| value.max(0.0)).collect(), ..*grad_cam };
    let upsampled = upsample(&positive, guided.width, guided.height);
    let values = upsampled.iter().zip(&guided.values).map(|(weight, value)| weight * value).collect();
    let mut product = Map { values, ..*guided };
    let maximum = product.maximum();
    if maximum > 0.0 {
        product.values.iter_mut().for_each(|value| *value /= maximum);
    }
    product
}
