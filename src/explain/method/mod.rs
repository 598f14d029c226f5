//! What methods there are, by name. What is known of each beyond that stands in the `table`; whether a network has what it
//! takes, in `fit`.

mod fit;
mod table;

pub use fit::Misfit;
pub use table::{Source, Traits, Unit};

use crate::cam;
use std::str::FromStr;

/// How a map is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// One of those that follow from the activation and the gradient at a layer.
    Cam(cam::Method),
    /// The first principal component of the activations: [`cam::eigen_cam`].
    EigenCam,
    /// Feature maps weighted by what the logit loses without them: [`cam::ablation_weight`].
    AblationCam,
    /// Grad-CAM of what sets the class apart from those most like it: see [`finer`](super::finer).
    FinerCam,
    /// LayerCAM's maps of all stages in one: see [`cam::fuse`].
    LayerCamFused,
    /// The gradient at the input: [`cam::largest_magnitude`].
    InputGradient,
    /// The same of the mean gradient over noisy copies of the photo.
    SmoothGrad,
    /// The gradient summed up on the way from a blank photo: [`cam::along_path`].
    IntegratedGradients,
    /// What guided backpropagation brings back: [`Engine::guided_gradient`](crate::engine::Engine::guided_gradient).
    GuidedBackprop,
    /// That, where Grad-CAM's map of a layer is above zero: [`cam::guided_grad_cam`].
    GuidedGradCam,
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
        self.traits().name
    }

    /// What its maps are in.
    pub const fn unit(self) -> Unit {
        self.traits().unit
    }

    /// Whether its maps have the cells of a layer; all others have the input's pixels.
    pub const fn has_cells(self) -> bool {
        self.traits().has_cells
    }

    /// Whether it looks at one layer, so that the map is another at another layer.
    pub const fn sees_layer(self) -> bool {
        self.traits().sees_layer
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
