//! A model as it is used: the network in a file, and how photos become its input.
//!
//! What the file does not say, the caller may; what neither says is as torchvision's ImageNet models have it.

use crate::network::{Network, NetworkError};
use crate::photo::Preprocessing;
use crate::weights::{Weights, WeightsError};

/// The most pixels to which a photo's shorter side is resized.
const MAX_RESIZE: u32 = 2048;

/// What is wrong with a model, or with what was asked of it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// No network can be built.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The preprocessing makes no sense.
    #[error("The preprocessing cannot be used: {reason}.")]
    Preprocessing {
        /// Which part of it, and why.
        reason: String,
    },
}

impl From<WeightsError> for ModelError {
    fn from(error: WeightsError) -> Self {
        Self::Network(error.into())
    }
}

impl ModelError {
    /// Stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Network(error) => error.code(),
            Self::Preprocessing { .. } => "model-preprocessing",
        }
    }
}

/// What the caller knows better than the file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelOptions {
    /// Class names in the order of the logits.
    pub labels: Option<Vec<String>>,
    /// Side of the square that is cut from the photo, in pixels: the network's input.
    pub input_size: Option<u32>,
    /// Length to which the photo's shorter side is resized before, in pixels.
    pub resize: Option<u32>,
    /// Mean of each channel (red, green, blue), channels scaled to 0…1.
    pub mean: Option<[f32; 3]>,
    /// Standard deviation of each channel, channels scaled to 0…1.
    pub std: Option<[f32; 3]>,
}

/// A network, and what it expects of a photo.
#[derive(Debug, Clone)]
pub struct Model {
    /// The network, with labels, for an input of [`Preprocessing::crop`] pixels on each side.
    pub network: Network,
    /// From photo to input.
    pub preprocessing: Preprocessing,
}

impl Model {
    /// Reads a model file: `.safetensors`, or a state dict of PyTorch's. Its metadata may have `input_size`, `resize`, and
    /// JSON arrays `mean` and `std`, besides `architecture` and `labels`; `options` go before them.
    ///
    /// # Errors
    /// [`ModelError`] says which tensor, or which number, is wrong, and what was expected.
    pub fn read(file: &[u8], options: ModelOptions) -> Result<Self, ModelError> {
        let weights = Weights::read(file)?;
        let preprocessing = preprocessing(&weights, &options)?;
        let network = Network::from_weights(&weights, options.labels)?;
        // As wide as it is high, and at most 65,535.
        let network = network.with_input_side(preprocessing.crop as usize)?;
        Ok(Self { network, preprocessing })
    }
}

/// From the options, else the file, else the defaults.
fn preprocessing(weights: &Weights, options: &ModelOptions) -> Result<Preprocessing, ModelError> {
    let default = Preprocessing::IMAGENET;
    let length = |key| stated(weights, key, |text| text.parse::<u32>().ok());
    let channels = |key| stated(weights, key, |text| serde_json::from_str::<[f32; 3]>(text).ok());
    let crop = options.input_size.or(length("input_size")?).unwrap_or(default.crop);
    let preprocessing = Preprocessing {
        crop,
        resize: options.resize.or(length("resize")?).unwrap_or_else(|| usual_resize(crop)),
        mean: options.mean.or(channels("mean")?).unwrap_or(default.mean),
        std: options.std.or(channels("std")?).unwrap_or(default.std),
    };
    check(&preprocessing)?;
    Ok(preprocessing)
}

/// 256 for 224, and in this proportion for other sizes.
fn usual_resize(crop: u32) -> u32 {
    let Preprocessing { resize, crop: usual, .. } = Preprocessing::IMAGENET;
    // Saturated, not overflown: what is too large is refused afterwards.
    (u64::from(crop) * u64::from(resize)).div_ceil(u64::from(usual)).try_into().unwrap_or(u32::MAX)
}

/// An entry of the file's metadata, where there is one.
fn stated<T>(weights: &Weights, key: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ModelError> {
    let Some(text) = weights.metadata(key) else { return Ok(None) };
    let reason = || format!("the file says that its {key} is “{}”", text.chars().take(40).collect::<String>());
    read(text).map(Some).ok_or_else(|| ModelError::Preprocessing { reason: reason() })
}

fn check(preprocessing: &Preprocessing) -> Result<(), ModelError> {
    let &Preprocessing { resize, crop, mean, std } = preprocessing;
    let refuse = |reason: String| Err(ModelError::Preprocessing { reason });
    if resize < crop {
        return refuse(format!("a photo resized to {resize} pixels has no square of {crop} × {crop} pixels"));
    }
    if resize > MAX_RESIZE {
        return refuse(format!("photos are resized to {MAX_RESIZE} pixels at most, not to {resize}"));
    }
    if !mean.iter().all(|value| value.is_finite()) {
        return refuse("the mean of a channel is not a finite number".to_string());
    }
    if !std.iter().all(|&value| value.is_finite() && value > 0.0) {
        return refuse("the standard deviation of a channel is not above zero".to_string());
    }
    Ok(())
}
