//! Maps with a value for each pixel of the input.

use super::layer::finite;
use super::noise::Noise;
use super::{ExplainError, Explainer, Progress, Steps};
use crate::cam::{self, Map};
use crate::engine::{Engine, FeatureMaps};
use crate::network::{Layer, NodeId};

/// Noisy copies of the photo. The paper found little change beyond 50, and most of the effect by 25.
pub(super) const NOISY_COPIES: usize = 25;

/// Standard deviation of the noise, as a share of the range of the input's values: the paper's 10 to 20 %.
const NOISE_LEVEL: f64 = 0.15;

impl<E: Engine> Explainer<E> {
    /// LayerCAM's maps of all stages in one: see [`cam::fuse`].
    pub(super) async fn fused(&mut self, cotangent: &[f32]) -> Result<Map, ExplainError> {
        let mut maps = Vec::new();
        for layer in self.network().stages().iter().rev() {
            maps.push(self.map_of(cam::Method::LayerCam, cotangent, layer).await?);
        }
        maps.reverse();
        let input = self.network().input_shape();
        Ok(cam::fuse(&maps, input.width, input.height))
    }

    /// The largest magnitude of the gradient at each pixel (Simonyan et al. 2014).
    pub(super) async fn input_gradient(&mut self, cotangent: &[f32]) -> Result<Map, ExplainError> {
        finite_at_input(cam::largest_magnitude(&self.engine.gradient(cotangent, NodeId::INPUT).await?))
    }

    /// The same of the mean gradient over copies of the photo with Gaussian noise (Smilkov et al. 2017), the same noise for
    /// every photo.
    pub(super) async fn smooth_grad(
        &mut self,
        cotangent: &[f32],
        progress: &mut dyn Progress,
    ) -> Result<Map, ExplainError> {
        let photo = self.photo()?.0.to_vec();
        let shape = self.network().input_shape();
        let (least, most) =
            photo.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), &x| (a.min(x), b.max(x)));
        let deviation = NOISE_LEVEL * (f64::from(most) - f64::from(least));
        let mut noise = Noise::new(0);
        let mut sums = vec![0.0; photo.len()];
        for done in 1..=NOISY_COPIES {
            let mut copy = photo.clone();
            for pair in copy.chunks_mut(2) {
                for (value, noise) in pair.iter_mut().zip(noise.pair()) {
                    *value = (f64::from(*value) + deviation * noise) as f32;
                }
            }
            let engine = self.borrow_engine();
            engine.forward(&copy).await?;
            let gradient = engine.gradient(cotangent, NodeId::INPUT).await?;
            for (sum, &value) in sums.iter_mut().zip(&gradient.values) {
                *sum += f64::from(value);
            }
            progress.step(Steps { done, total: NOISY_COPIES }).await?;
        }
        let values = sums.into_iter().map(|sum: f64| (sum / NOISY_COPIES as f64) as f32).collect();
        finite_at_input(cam::largest_magnitude(&FeatureMaps { shape, values }))
    }

    /// The largest magnitude at each pixel of what guided backpropagation (Springenberg et al. 2015) brings back. Not its
    /// sum over the channels, in which an edge between two colours would cancel; and so it can be compared with the plain
    /// gradient's.
    pub(super) async fn guided_backprop(&mut self, cotangent: &[f32]) -> Result<Map, ExplainError> {
        finite_at_input(cam::largest_magnitude(&self.engine.guided_gradient(cotangent).await?))
    }

    /// A layer's Grad-CAM map times guided backpropagation's: see [`cam::guided_grad_cam`].
    pub(super) async fn guided_grad_cam(&mut self, cotangent: &[f32], layer: &Layer) -> Result<Map, ExplainError> {
        let grad_cam = self.map_of(cam::Method::GradCam, cotangent, layer).await?;
        let guided = self.guided_backprop(cotangent).await?;
        Ok(cam::guided_grad_cam(&grad_cam, &guided))
    }
}

pub(super) fn finite_at_input(map: Map) -> Result<Map, ExplainError> {
    finite(map, "the input")
}
