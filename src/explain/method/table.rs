//! The table of methods: all that is known of each, as data. A new one is a row here, a place in [`Method::ALL`], and
//! the function that computes its map.

use super::super::{path, pixels};
use super::Method;
use crate::cam;
use std::fmt;

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

/// Where a method was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The authors, as papers cite them.
    pub authors: &'static str,
    /// The year it came out.
    pub year: u16,
    /// On arXiv, else its DOI.
    pub id: &'static str,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{} {}, {}", self.authors, self.year, self.id)
    }
}

/// A row of the table: what is known of a method without any network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits {
    /// The name users and programs call it by.
    pub name: &'static str,
    /// What its maps are in.
    pub unit: Unit,
    /// Whether its maps have the cells of a layer; all others have the input's pixels.
    pub has_cells: bool,
    /// Whether it looks at one layer, so that the map is another at another layer.
    pub sees_layer: bool,
    /// Whether the map is of a class, and not of all that the network saw.
    pub sees_class: bool,
    /// Whether values below zero mean something: else a map only says how much, never for or against.
    pub has_sign: bool,
    /// Whether it goes by guided backpropagation, which needs a ReLU and fails the sanity checks of Adebayo et al. 2018.
    pub guided: bool,
    /// Whether the maps of all layers come from one way back.
    pub has_layer_maps: bool,
    /// How many times the network runs on something else than the photo, beyond the one forward and the one way back that
    /// others take. `None`: once for each feature map of the layer, but not at all where the head is linear in it.
    pub passes: Option<usize>,
    /// Where its formula comes from.
    pub source: Source,
}

const SELVARAJU: Source = Source { authors: "Selvaraju et al.", year: 2017, id: "arXiv:1610.02391" };

const JIANG: Source = Source { authors: "Jiang et al.", year: 2021, id: "doi:10.1109/TIP.2021.3089943" };

/// From the activation and the gradient at a layer: what most maps of a layer's cells are.
const GRAD_CAM: Traits = Traits {
    name: cam::Method::GradCam.name(),
    unit: Unit::Logit,
    has_cells: true,
    sees_layer: true,
    sees_class: true,
    has_sign: true,
    guided: false,
    has_layer_maps: true,
    passes: Some(0),
    source: SELVARAJU,
};

/// The gradient at the input: what most maps of its pixels are.
const INPUT_GRADIENT: Traits = Traits {
    name: "input-gradient",
    unit: Unit::LogitPerDeviation,
    has_cells: false,
    sees_layer: false,
    sees_class: true,
    has_sign: false,
    guided: false,
    has_layer_maps: false,
    passes: Some(0),
    source: Source { authors: "Simonyan et al.", year: 2014, id: "arXiv:1312.6034" },
};

impl Method {
    /// Its row of the table.
    pub const fn traits(self) -> Traits {
        match self {
            Self::Cam(cam::Method::GradCam) => GRAD_CAM,
            Self::Cam(cam::Method::HiResCam) => Traits {
                name: cam::Method::HiResCam.name(),
                source: Source { authors: "Draelos and Carin", year: 2020, id: "arXiv:2011.08891" },
                ..GRAD_CAM
            },
            Self::Cam(cam::Method::LayerCam) => {
                Traits { name: cam::Method::LayerCam.name(), source: JIANG, ..GRAD_CAM }
            }
            Self::Cam(cam::Method::XGradCam) => Traits {
                name: cam::Method::XGradCam.name(),
                source: Source { authors: "Fu et al.", year: 2020, id: "arXiv:2008.02312" },
                ..GRAD_CAM
            },
            Self::Cam(cam::Method::GradCamPlusPlus) => Traits {
                name: cam::Method::GradCamPlusPlus.name(),
                source: Source { authors: "Chattopadhay et al.", year: 2018, id: "arXiv:1710.11063" },
                ..GRAD_CAM
            },
            Self::EigenCam => Traits {
                name: "eigen-cam",
                unit: Unit::Activation,
                sees_class: false,
                source: Source { authors: "Muhammad and Yeasin", year: 2020, id: "arXiv:2008.00299" },
                ..GRAD_CAM
            },
            Self::AblationCam => Traits {
                name: "ablation-cam",
                unit: Unit::Activation,
                has_layer_maps: false,
                passes: None,
                source: Source {
                    authors: "Ramaswamy and Desai",
                    year: 2020,
                    id: "doi:10.1109/WACV45572.2020.9093360",
                },
                ..GRAD_CAM
            },
            Self::FinerCam => Traits {
                name: "finer-cam",
                source: Source { authors: "Zhang et al.", year: 2025, id: "arXiv:2501.11309" },
                ..GRAD_CAM
            },
            Self::LayerCamFused => {
                Traits { name: "layer-cam-fused", unit: Unit::Relative, source: JIANG, ..INPUT_GRADIENT }
            }
            Self::InputGradient => INPUT_GRADIENT,
            Self::SmoothGrad => Traits {
                name: "smooth-grad",
                passes: Some(pixels::NOISY_COPIES),
                source: Source { authors: "Smilkov et al.", year: 2017, id: "arXiv:1706.03825" },
                ..INPUT_GRADIENT
            },
            Self::IntegratedGradients => Traits {
                name: "integrated-gradients",
                unit: Unit::Logit,
                has_sign: true,
                passes: Some(path::STEPS),
                source: Source { authors: "Sundararajan et al.", year: 2017, id: "arXiv:1703.01365" },
                ..INPUT_GRADIENT
            },
            Self::GuidedBackprop => Traits {
                name: "guided-backprop",
                guided: true,
                source: Source { authors: "Springenberg et al.", year: 2015, id: "arXiv:1412.6806" },
                ..INPUT_GRADIENT
            },
            Self::GuidedGradCam => Traits {
                name: "guided-grad-cam",
                unit: Unit::Relative,
                sees_layer: true,
                guided: true,
                source: SELVARAJU,
                ..INPUT_GRADIENT
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_one_of_a_kind_and_makes_sense() {
        for (index, method) in Method::ALL.into_iter().enumerate() {
            let row = method.traits();
            let same = |other: &Method| other.name() == row.name;
            assert_eq!(Method::ALL.iter().position(same), Some(index), "{}", row.name);
            assert!(row.sees_layer || !row.has_cells, "{}: cells are a layer's", row.name);
            assert!(row.has_cells || !row.has_layer_maps, "{}: so are maps of all layers", row.name);
            assert!(!row.has_layer_maps || row.passes == Some(0), "{}: one way back", row.name);
        }
    }

    #[test]
    fn sources_are_cited_in_a_line() {
        assert_eq!(Method::FinerCam.traits().source.to_string(), "Zhang et al. 2025, arXiv:2501.11309");
    }
}
