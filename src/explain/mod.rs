//! Explanations: asks an engine, applies [`cam`](crate::cam), checks identities, and says what came out.

mod identity;

pub use identity::{CompletenessCheck, check_completeness};

use crate::cam::{self, Map, Method, UnknownMethod};
use crate::engine::{Engine, EngineError, FeatureMaps, class_seed};
use crate::network::{Layer, Network};
use web_time::Instant;

/// What can go wrong between a question and its answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ExplainError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No such method.
    #[error(transparent)]
    Method(#[from] UnknownMethod),
    /// No such layer.
    #[error("There is no layer “{name}”. The layers are {layers}.")]
    UnknownLayer {
        /// What was asked for.
        name: String,
        /// Those there are.
        layers: String,
    },
    /// No such class.
    #[error("There is no class {class}: the model has {classes} classes, numbered from 0.")]
    UnknownClass {
        /// What was asked for.
        class: usize,
        /// How many there are.
        classes: usize,
    },
    /// The map has a NaN or an infinity, which is never shown as a picture.
    #[error("The map at {layer} is not finite: the gradient overflows there.")]
    NotFinite {
        /// Where.
        layer: String,
    },
}

impl ExplainError {
    /// Stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Engine(error) => error.code(),
            Self::Method(_) => "unknown-method",
            Self::UnknownLayer { .. } => "unknown-layer",
            Self::UnknownClass { .. } => "unknown-class",
            Self::NotFinite { .. } => "not-finite",
        }
    }
}

/// What is asked about a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Name of the target layer; the last one if `None`.
    pub layer: Option<String>,
    /// How the map is made.
    pub method: Method,
    /// Class index; the predicted class if `None`.
    pub target: Option<usize>,
    /// How many predictions to return.
    pub top: usize,
}

impl Default for Question {
    fn default() -> Self {
        Self { layer: None, method: Method::GradCam, target: None, top: 5 }
    }
}

/// What the network says of one class.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Prediction {
    /// Index among the logits.
    pub index: usize,
    /// Its name.
    pub label: String,
    /// Softmax over all logits.
    pub probability: f64,
    /// The logit.
    pub logit: f32,
}

/// Time spent, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct Timings {
    /// From the input to the logits; 0 where an earlier question had it computed.
    pub forward: f64,
    /// From the logits to the layer's gradient.
    pub backward: f64,
}

/// The answer to a [`Question`].
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Best first.
    pub predictions: Vec<Prediction>,
    /// The class the map is for.
    pub target: Prediction,
    /// The layer the map is of.
    pub layer: String,
    /// How it was made.
    pub method: Method,
    /// The map itself, raw.
    pub map: Map,
    /// How long it took.
    pub timings: Timings,
}

/// Asks one engine about one photo at a time.
pub struct Explainer<E> {
    engine: E,
    pass: Option<Pass>,
}

/// What is known of the current photo.
struct Pass {
    logits: Vec<f32>,
    /// Milliseconds of the forward, until an explanation has told them.
    untold: f64,
}

impl<E: Engine> Explainer<E> {
    /// Takes an engine.
    pub fn new(engine: E) -> Self {
        Self { engine, pass: None }
    }

    /// The engine, to look at.
    pub fn engine(&self) -> &E {
        &self.engine
    }

    /// The engine, to ask it for more about the photo of the last [`forward`](Self::forward).
    pub fn engine_mut(&mut self) -> &mut E {
        &mut self.engine
    }

    /// The network that is asked.
    pub fn network(&self) -> &Network {
        self.engine.network()
    }

    /// Begins with a photo: runs the network on `input` (`3 × height × width`, normalised) and returns the logits.
    pub async fn forward(&mut self, input: &[f32]) -> Result<&[f32], ExplainError> {
        self.pass = None;
        let start = Instant::now();
        let logits = self.engine.forward(input).await?;
        let pass = self.pass.insert(Pass { logits, untold: milliseconds_since(start) });
        Ok(&pass.logits)
    }

    /// Answers a question about the photo of the last [`forward`](Self::forward).
    pub async fn explain(&mut self, question: &Question) -> Result<Explanation, ExplainError> {
        let pass = self.pass.as_mut().ok_or(EngineError::NoForward)?;
        let network = self.engine.network();
        let layer = find_layer(network, question.layer.as_deref())?;
        let ranking = rank(&pass.logits, network.labels());
        let target = match question.target {
            None => ranking[0].clone(),
            Some(class) => ranking
                .iter()
                .find(|prediction| prediction.index == class)
                .cloned()
                .ok_or(ExplainError::UnknownClass { class, classes: network.classes() })?,
        };
        let forward = std::mem::take(&mut pass.untold);
        let start = Instant::now();
        let seed = class_seed(pass.logits.len(), target.index);
        let activation = self.engine.activation(layer.node).await?;
        let gradient = self.engine.gradient(&seed, layer.node).await?;
        let map = finite_map(question.method, &layer, &activation, &gradient)?;
        Ok(Explanation {
            predictions: ranking.into_iter().take(question.top).collect(),
            target,
            layer: layer.name,
            method: question.method,
            map,
            timings: Timings { forward, backward: milliseconds_since(start) },
        })
    }

    /// The Grad-CAM maps of all classes at the last layer, without any backward pass; `None` where the network's head is
    /// not a global average pool and one linear layer. See [`cam::class_maps`].
    pub async fn class_maps(&mut self) -> Result<Option<Vec<Map>>, ExplainError> {
        let Some(head) = self.network().linear_head() else {
            return Ok(None);
        };
        let activation = self.engine.activation(head.layer.node).await?;
        Ok(Some(cam::class_maps(&head.linear, &activation)))
    }
}

fn finite_map(
    method: Method,
    layer: &Layer,
    activation: &FeatureMaps,
    gradient: &FeatureMaps,
) -> Result<Map, ExplainError> {
    let map = cam::map(method, activation, gradient);
    if map.values.iter().all(|value| value.is_finite()) {
        Ok(map)
    } else {
        Err(ExplainError::NotFinite { layer: layer.name.clone() })
    }
}

/// The layer of this name, or the last.
fn find_layer(network: &Network, name: Option<&str>) -> Result<Layer, ExplainError> {
    let found = match name {
        Some(name) => network.layer(name),
        None => network.last_layer(),
    };
    found.cloned().ok_or_else(|| {
        let layers: Vec<&str> = network.layers().iter().map(|layer| layer.name.as_str()).collect();
        ExplainError::UnknownLayer { name: name.unwrap_or_default().to_string(), layers: layers.join(", ") }
    })
}

/// Every class with its softmax, best first; equal logits keep the order of the classes.
pub fn rank(logits: &[f32], labels: &[String]) -> Vec<Prediction> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponential = |logit: f32| (f64::from(logit) - f64::from(largest)).exp();
    let total: f64 = logits.iter().copied().map(exponential).sum();
    let mut ranking: Vec<Prediction> = logits
        .iter()
        .zip(labels)
        .enumerate()
        .map(|(index, (&logit, label))| Prediction {
            index,
            label: label.clone(),
            probability: exponential(logit) / total,
            logit,
        })
        .collect();
    ranking.sort_by(|a, b| b.logit.total_cmp(&a.logit));
    ranking
}

fn milliseconds_since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}
