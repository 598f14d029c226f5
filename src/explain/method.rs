//! What methods there are, by name.

use crate::cam;
use std::str::FromStr;

/// How a map is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// One of those that follow from the activation and the gradient at a layer.
    Cam(cam::Method),
    /// See [`cam::eigen_cam`].
    EigenCam,
    /// See [`cam::ablation_weight`].
    AblationCam,
    /// Grad-CAM of what sets the class apart from those most like it: see [`finer`](super::finer).
    FinerCam,
    /// LayerCAM's maps of all stages in one: see [`cam::fuse`].
    LayerCamFused,
    /// See [`cam::largest_magnitude`].
    InputGradient,
    /// The same of the mean gradient over noisy copies of the photo (Smilkov et al. 2017).
    SmoothGrad,
    /// See [`cam::along_path`].
    IntegratedGradients,
    /// See [`Engine::guided_gradient`](crate::engine::Engine::guided_gradient).
    GuidedBackprop,
    /// See [`cam::guided_grad_cam`].
    GuidedGradCam,
}

/// What a map's values are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Logits.
    Logit,
    /// The activations of the layer.
    Activation,
    /// Logits for each standard deviation of a channel of the input, which is what its values are normalised by.
    LogitPerDeviation,
    /// Shares of the largest value.
    Relative,
}

impl Unit {
    /// The name programs know it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Logit => "logit",
            Self::Activation => "activation",
            Self::LogitPerDeviation => "logit-per-deviation",
            Self::Relative => "relative",
        }
    }
}

impl Method {
    /// All methods, the default first.
    pub const ALL: [Self; 14] = [
        Self::Cam(cam::Method::GradCam),
        Self::Cam(cam::Method::HiResCam),
        Self::Cam(cam::Method::LayerCam),
        Self::Cam(cam::Method::XGradCam),
        Self::Cam(cam::Method::GradCamPlusPlus),
        Self::EigenCam,
        Self::AblationCam,
        Self::FinerCam,
        Self::LayerCamFused,
        Self::InputGradient,
        Self::SmoothGrad,
        Self::IntegratedGradients,
        Self::GuidedBackprop,
        Self::GuidedGradCam,
    ];

    /// The name users and programs call it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cam(method) => method.name(),
            Self::EigenCam => "eigen-cam",
            Self::AblationCam => "ablation-cam",
            Self::FinerCam => "finer-cam",
            Self::LayerCamFused => "layer-cam-fused",
            Self::InputGradient => "input-gradient",
            Self::SmoothGrad => "smooth-grad",
            Self::IntegratedGradients => "integrated-gradients",
            Self::GuidedBackprop => "guided-backprop",
            Self::GuidedGradCam => "guided-grad-cam",
        }
    }

    /// What its maps are in.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Cam(_) | Self::FinerCam | Self::IntegratedGradients => Unit::Logit,
            Self::EigenCam | Self::AblationCam => Unit::Activation,
            Self::InputGradient | Self::SmoothGrad | Self::GuidedBackprop => Unit::LogitPerDeviation,
            Self::LayerCamFused | Self::GuidedGradCam => Unit::Relative,
        }
    }

    /// Whether its maps have the cells of a layer; all others have the input's pixels.
    pub const fn has_cells(self) -> bool {
        matches!(self, Self::Cam(_) | Self::EigenCam | Self::AblationCam | Self::FinerCam)
    }

    /// Whether it looks at one layer, so that the map is another at another layer.
    pub const fn sees_layer(self) -> bool {
        self.has_cells() || matches!(self, Self::GuidedGradCam)
    }
}

impl Default for Method {
    fn default() -> Self {
        Self::ALL[0]
    }
}

impl From<cam::Method> for Method {
    fn from(method: cam::Method) -> Self {
        Self::Cam(method)
    }
}

/// No method has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("There is no method “{0}”. The methods are {known}.", known = known())]
pub struct UnknownMethod(pub String);

fn known() -> String {
    let [others @ .., last] = Method::ALL.map(Method::name);
    format!("{} and {last}", others.join(", "))
}

impl FromStr for Method {
    type Err = UnknownMethod;

    fn from_str(name: &str) -> Result<Self, UnknownMethod> {
        Self::ALL.into_iter().find(|method| method.name() == name).ok_or_else(|| UnknownMethod(name.to_string()))
    }
}
