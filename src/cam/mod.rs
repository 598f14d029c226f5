//! Class activation maps and their kin: pure functions of what an engine computes, from numbers to a map.
//!
//! `A` and `g` are a layer's output and the gradient of a logit (or of any combination of logits) with respect to it,
//! `K` feature maps of `H × W` cells. Every map is returned raw: signed, before ReLU and normalisation. Which unit its
//! values have, the method says.

mod ablation;
mod classes;
mod eigen;
mod evidence;
mod fused;
mod gradient;
mod map;
mod pixels;
mod upsample;

pub use ablation::{ablation_weight, linear_ablation_weights};
pub use classes::class_maps;
pub use eigen::eigen_cam;
pub use evidence::{EvidenceDistribution, Uniform, evidence_distribution};
pub use fused::fuse;
pub use gradient::{Method, map, weighted};
pub use map::{Cell, Map};
pub use pixels::{along_path, guided_grad_cam, largest_magnitude};
pub use upsample::upsample;
