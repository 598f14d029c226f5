//! A model as it is used: the network in a file, how photos become its input, and what its logits stand for.
//!
//! What the file does not say, the caller may; what neither says is as torchvision's ImageNet models have it.

mod classes;
mod error;
mod output;

pub use classes::{ClassScore, Classes};
pub use error::ModelError;
pub use output::{OutputSpec, UnknownOutput};

pub(crate) use classes::best;

use crate::families;
use crate::network::Network;
use crate::photo::InputSpec;
use crate::weights::Weights;

/// The most pixels to which a photo's shorter side is resized.
const MAX_RESIZE: u32 = 2048;

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
    /// How logits become probabilities.
    pub output: Option<OutputSpec>,
}

/// A network, what it expects of a photo, and what its answer means.
#[derive(Debug, Clone)]
pub struct Model {
    /// The network, for an input of [`InputSpec::crop`] pixels on each side.
    pub network: Network,
    /// From photo to input.
    pub input: InputSpec,
    /// From logits to what they stand for: as many classes as the network has logits.
    pub classes: Classes,
}

impl Model {
    /// Reads a model file: `.safetensors`, or a state dict of PyTorch's. Its metadata may have `input_size`, `resize`,
    /// `output` (`softmax` or `sigmoid`), and JSON arrays `mean` and `std`, besides `architecture` and `labels`; `options`
    /// go before them.
    ///
    /// # Errors
    /// [`ModelError`] says which tensor, or which number, is wrong, and what was expected.
    pub fn read(file: &[u8], options: ModelOptions) -> Result<Self, ModelError> {
        let weights = Weights::read(file)?;
        let input = input_spec(&weights, &options)?;
        let network = families::build(&weights)?;
        // As wide as it is high, and at most 65,535.
        let network = network.with_input_side(input.crop as usize)?;
        let classes = classes(&weights, options, network.classes())?;
        Ok(Self { network, input, classes })
    }
}

/// Labels and output from the options, else the file; else the classes are numbered, and one of all.
fn classes(weights: &Weights, options: ModelOptions, count: usize) -> Result<Classes, ModelError> {
    let ModelOptions { labels, output, .. } = options;
    let mut classes = Classes::numbered(count);
    if let Some(labels) = labels.or_else(|| weights.labels().map(<[String]>::to_vec)) {
        if labels.len() != count {
            return Err(ModelError::LabelCount { labels: labels.len(), classes: count });
        }
        classes.labels = labels;
    }
    if let Some(output) = output {
        classes.output = output;
    } else if let Some(name) = weights.metadata("output") {
        classes.output = name.parse()?;
    }
    Ok(classes)
}

/// From the options, else the file, else the defaults.
fn input_spec(weights: &Weights, options: &ModelOptions) -> Result<InputSpec, ModelError> {
    let default = InputSpec::IMAGENET;
    let length = |key| stated(weights, key, |text| text.parse::<u32>().ok());
    let channels = |key| stated(weights, key, |text| serde_json::from_str::<[f32; 3]>(text).ok());
    let crop = options.input_size.or(length("input_size")?).unwrap_or(default.crop);
    let input = InputSpec {
        crop,
        resize: options.resize.or(length("resize")?).unwrap_or_else(|| usual_resize(crop)),
        mean: options.mean.or(channels("mean")?).unwrap_or(default.mean),
        std: options.std.or(channels("std")?).unwrap_or(default.std),
    };
    check(&input)?;
    Ok(input)
}

/// 256 for 224, and in this proportion for other sizes.
fn usual_resize(crop: u32) -> u32 {
    let InputSpec { resize, crop: usual, .. } = InputSpec::IMAGENET;
    // Saturated, not overflown: what is too large is refused afterwards.
    (u64::from(crop) * u64::from(resize)).div_ceil(u64::from(usual)).try_into().unwrap_or(u32::MAX)
}

/// An entry of the file's metadata, where there is one.
fn stated<T>(weights: &Weights, key: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ModelError> {
    let Some(text) = weights.metadata(key) else { return Ok(None) };
    let reason = || format!("the file says that its {key} is “{}”", text.chars().take(40).collect::<String>());
    read(text).map(Some).ok_or_else(|| ModelError::Preprocessing { reason: reason() })
}

fn check(input: &InputSpec) -> Result<(), ModelError> {
    let &InputSpec { resize, crop, mean, std } = input;
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
