//! Explanations: asks an engine, applies [`cam`], checks identities, and says what came out.

mod comparison;
pub mod finer;
mod identity;
mod layer;
mod method;
mod noise;
mod path;
mod pixels;
mod prediction;
mod replaced;
mod survey;
mod watch;

pub use comparison::{Arithmetic, Comparison};
pub use identity::{CompletenessCheck, check_completeness};
pub use layer::{LayerMap, LayerMaps};
pub use method::{Method, Unit, UnknownMethod};
pub use path::Completeness;
pub use prediction::{Prediction, rank};
pub use survey::{Survey, SurveyQuestion};
pub use watch::{Steps, Watch};

use crate::cam::{self, Map};
use crate::engine::{Engine, EngineError, class_seed};
use crate::network::{Layer, Network};
use layer::{find_class, find_layer};
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
    /// Nothing can be held against itself.
    #[error("Both classes are “{label}”: choose another one to compare with.")]
    SameClass {
        /// Its name.
        label: String,
    },
    /// All layers at once were asked of a method that does not offer that.
    #[error(
        "There are no maps of all layers by {method}: choose a method whose map at one layer takes one gradient."
    )]
    NotForAllLayers {
        /// Its name.
        method: &'static str,
    },
    /// Whoever asked does not want to know any more.
    #[error("Stopped.")]
    Stopped,
    /// The map has a NaN or an infinity, which is never shown as a picture.
    #[error("The map at {layer} is not finite: the numbers overflow there.")]
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
            Self::SameClass { .. } => "same-class",
            Self::NotForAllLayers { .. } => "unknown-method",
            Self::Stopped => "aborted",
            Self::NotFinite { .. } => "not-finite",
        }
    }
}

/// What is asked about a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Name of the target layer; the last one if `None`. Methods that see no single layer have no use for it.
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
        Self { layer: None, method: Method::default(), target: None, top: 5 }
    }
}

/// Time spent, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct Timings {
    /// From the input to the logits; 0 where the engine still had it from an earlier question.
    pub forward: f64,
    /// From the logits to the map.
    pub backward: f64,
}

/// The answer to a [`Question`].
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Best first.
    pub predictions: Vec<Prediction>,
    /// The class the map is for.
    pub target: Prediction,
    /// The layer the map is of; the last one for a method that sees no single layer.
    pub layer: String,
    /// How it was made.
    pub method: Method,
    /// The map itself, raw.
    pub map: Map,
    /// Other methods that have this very map by construction, at this layer of this network.
    pub same_as: Vec<Method>,
    /// The classes that Finer-CAM holds the target against, closest first; none for other methods.
    pub references: Vec<Prediction>,
    /// What the map of integrated gradients adds up to; `None` for other methods.
    pub completeness: Option<Completeness>,
    /// How long it took.
    pub timings: Timings,
}

/// A map, and what some methods say besides.
struct Answer {
    map: Map,
    references: Vec<Prediction>,
    completeness: Option<Completeness>,
}

impl From<Map> for Answer {
    fn from(map: Map) -> Self {
        Self { map, references: Vec::new(), completeness: None }
    }
}

/// Asks one engine about one photo at a time.
pub struct Explainer<E> {
    engine: E,
    pass: Option<Pass>,
}

/// What is known of the current photo.
struct Pass {
    input: Vec<f32>,
    logits: Vec<f32>,
    /// Whether the engine's last forward was of something else.
    stale: bool,
    /// Milliseconds of forwards of the photo, until an explanation has told them.
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

    /// The engine, as it is: its last forward may be of another input since [`probe`](Self::probe), and after methods that
    /// take many steps.
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
        let untold = milliseconds_since(start);
        let pass = self.pass.insert(Pass { input: input.to_vec(), logits, stale: false, untold });
        Ok(&pass.logits)
    }

    /// The current photo as the network sees it, and its logits.
    pub fn photo(&self) -> Result<(&[f32], &[f32]), ExplainError> {
        let pass = self.pass.as_ref().ok_or(EngineError::NoForward)?;
        Ok((&pass.input, &pass.logits))
    }

    /// Lets the engine run something else than the current photo, which it has to run again before it is asked about that.
    pub fn probe(&mut self) -> &mut E {
        if let Some(pass) = &mut self.pass {
            pass.stale = true;
        }
        &mut self.engine
    }

    /// Runs the network on another input, and returns its logits. The current photo stays the current one.
    pub async fn logits_of(&mut self, input: &[f32]) -> Result<Vec<f32>, ExplainError> {
        Ok(self.probe().forward(input).await?)
    }

    /// The engine, with the current photo as its last forward.
    async fn settled(&mut self) -> Result<&mut E, ExplainError> {
        let pass = self.pass.as_mut().ok_or(EngineError::NoForward)?;
        if pass.stale {
            let start = Instant::now();
            self.engine.forward(&pass.input).await?;
            pass.untold += milliseconds_since(start);
            pass.stale = false;
        }
        Ok(&mut self.engine)
    }

    /// Every class, best first.
    fn ranking(&self) -> Result<Vec<Prediction>, ExplainError> {
        Ok(rank(self.photo()?.1, self.network().labels()))
    }

    /// Answers a question about the photo of the last [`forward`](Self::forward).
    pub async fn explain(&mut self, question: &Question) -> Result<Explanation, ExplainError> {
        self.explain_watched(question, async |_| true).await
    }

    /// The same, and tells `watch` of every step of a method that takes many. Where the answer is no, the explanation ends
    /// with [`ExplainError::Stopped`].
    pub async fn explain_watched(
        &mut self,
        question: &Question,
        mut watch: impl Watch,
    ) -> Result<Explanation, ExplainError> {
        self.explain_told(question, &mut watch).await
    }

    async fn explain_told(
        &mut self,
        question: &Question,
        watch: &mut dyn Watch,
    ) -> Result<Explanation, ExplainError> {
        let method = question.method;
        let mut layer = find_layer(self.network(), question.layer.as_deref())?;
        if !method.sees_layer() {
            layer = find_layer(self.network(), None)?;
        }
        let ranking = self.ranking()?;
        let target = find_class(&ranking, question.target)?;
        self.settled().await?;
        let start = Instant::now();
        let Answer { map, references, completeness } =
            self.answer(method, &layer, &ranking, &target, watch).await?;
        let backward = milliseconds_since(start);
        let forward = self.pass.as_mut().map_or(0.0, |pass| std::mem::take(&mut pass.untold));
        Ok(Explanation {
            predictions: ranking.into_iter().take(question.top).collect(),
            target,
            same_as: self.same_as(method, &layer),
            layer: layer.name,
            method,
            map,
            references,
            completeness,
            timings: Timings { forward, backward },
        })
    }

    async fn answer(
        &mut self,
        method: Method,
        layer: &Layer,
        ranking: &[Prediction],
        target: &Prediction,
        watch: &mut dyn Watch,
    ) -> Result<Answer, ExplainError> {
        let seed = class_seed(ranking.len(), target.index);
        Ok(match method {
            Method::Cam(method) => self.map_of_seed(method, &seed, layer).await?.into(),
            Method::EigenCam => self.eigen_cam(layer).await?.into(),
            Method::AblationCam => self.ablation_cam(target, layer, watch).await?.into(),
            Method::FinerCam => self.finer_cam(ranking, target, layer).await?,
            Method::LayerCamFused => self.fused(&seed).await?.into(),
            Method::InputGradient => self.input_gradient(&seed).await?.into(),
            Method::SmoothGrad => self.smooth_grad(&seed, watch).await?.into(),
            Method::IntegratedGradients => self.integrated_gradients(target, &seed, watch).await?,
            Method::GuidedBackprop => self.guided_backprop(&seed).await?.into(),
            Method::GuidedGradCam => self.guided_grad_cam(&seed, layer).await?.into(),
        })
    }

    /// Other methods with the same map. Where the logits are linear in the means of the layer, its gradient is constant in
    /// each feature map: it is its own mean, and the weight by which XGrad-CAM multiplies.
    fn same_as(&self, method: Method, layer: &Layer) -> Vec<Method> {
        let same = [cam::Method::GradCam, cam::Method::HiResCam, cam::Method::XGradCam].map(Method::Cam);
        let linear = self.network().linear_head().is_some_and(|head| head.layer == *layer);
        if linear && same.contains(&method) {
            same.into_iter().filter(|&other| other != method).collect()
        } else {
            Vec::new()
        }
    }

    /// The Grad-CAM maps of all classes at the last layer, without any backward pass; `None` where the network's head is
    /// not a global average pool and one linear layer. See [`cam::class_maps`].
    pub async fn class_maps(&mut self) -> Result<Option<Vec<Map>>, ExplainError> {
        let Some(head) = self.network().linear_head() else {
            return Ok(None);
        };
        let activation = self.settled().await?.activation(head.layer.node).await?;
        Ok(Some(cam::class_maps(&head.linear, &activation)))
    }
}

fn milliseconds_since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}
