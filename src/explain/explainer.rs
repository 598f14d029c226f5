//! Who answers: one engine, one photo at a time.

use super::explanation::Answer;
use super::question::{find_class, find_layer};
use super::{ExplainError, Explanation, Method, Progress, Question, Timings};
use crate::cam::{self, Map};
use crate::engine::{Engine, EngineError, class_cotangent};
use crate::model::Classes;
use crate::network::{Layer, Network};
use crate::stopwatch::milliseconds_since;
use web_time::Instant;

/// Asks one engine about one photo at a time.
pub struct Explainer<E> {
    pub(super) engine: E,
    pub(super) pass: Option<Pass>,
    classes: Classes,
}

/// What is known of the current photo.
pub(super) struct Pass {
    pub input: Vec<f32>,
    pub logits: Vec<f32>,
    /// Whether the engine's last forward was of something else.
    pub displaced: bool,
    /// Milliseconds of forwards of the photo that no explanation has reported yet.
    unreported_ms: f64,
}

impl<E: Engine> Explainer<E> {
    /// Takes an engine whose classes have no names: they are numbered, and one of all holds.
    pub fn new(engine: E) -> Self {
        let classes = Classes::numbered(engine.network().classes());
        Self { engine, pass: None, classes }
    }

    /// Takes an engine, and what its network's logits stand for.
    ///
    /// # Panics
    /// Where there are not as many classes as logits: a [`Model`](crate::model::Model) has as many.
    pub fn with_classes(engine: E, classes: Classes) -> Self {
        assert_eq!(classes.count(), engine.network().classes(), "a class for each logit");
        Self { engine, pass: None, classes }
    }

    /// What the logits stand for.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// The engine, to look at.
    pub fn engine(&self) -> &E {
        &self.engine
    }

    /// The engine, as it is: its last forward may be of another input since [`borrow_engine`](Self::borrow_engine), and
    /// after methods that take many steps.
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
        let unreported_ms = milliseconds_since(start);
        let pass = Pass { input: input.to_vec(), logits, displaced: false, unreported_ms };
        Ok(&self.pass.insert(pass).logits)
    }

    /// The current photo as the network sees it, and its logits.
    pub fn photo(&self) -> Result<(&[f32], &[f32]), ExplainError> {
        let pass = self.pass.as_ref().ok_or(EngineError::NoForward)?;
        Ok((&pass.input, &pass.logits))
    }

    /// Lends the engine to run something else than the current photo, which it has to run again before it is asked about
    /// that.
    pub fn borrow_engine(&mut self) -> &mut E {
        if let Some(pass) = &mut self.pass {
            pass.displaced = true;
        }
        &mut self.engine
    }

    /// Runs the network on another input, and returns its logits. The current photo stays the current one.
    pub async fn logits_of(&mut self, input: &[f32]) -> Result<Vec<f32>, ExplainError> {
        Ok(self.borrow_engine().forward(input).await?)
    }

    /// The engine, with the current photo as its last forward.
    pub(super) async fn engine_on_photo(&mut self) -> Result<&mut E, ExplainError> {
        let pass = self.pass.as_mut().ok_or(EngineError::NoForward)?;
        if pass.displaced {
            let start = Instant::now();
            self.engine.forward(&pass.input).await?;
            pass.unreported_ms += milliseconds_since(start);
            pass.displaced = false;
        }
        Ok(&mut self.engine)
    }

    /// Answers a question about the photo of the last [`forward`](Self::forward).
    ///
    /// # Errors
    /// [`ExplainError`]: there is no photo, no such layer or class, the method does not fit the network, the engine fails,
    /// or the map is not finite.
    pub async fn explain(&mut self, question: &Question) -> Result<Explanation, ExplainError> {
        self.explain_with_progress(question, async |_| true).await
    }

    /// The same, and reports to `progress` every step of a method that takes many.
    ///
    /// # Errors
    /// As [`explain`](Self::explain), and [`ExplainError::Stopped`] where `progress` says so.
    pub async fn explain_with_progress(
        &mut self,
        question: &Question,
        mut progress: impl Progress,
    ) -> Result<Explanation, ExplainError> {
        self.explain_reporting(question, &mut progress).await
    }

    async fn explain_reporting(
        &mut self,
        question: &Question,
        progress: &mut dyn Progress,
    ) -> Result<Explanation, ExplainError> {
        let method = question.method;
        let mut layer = find_layer(self.network(), question.layer.as_deref())?;
        if !method.sees_layer() {
            layer = find_layer(self.network(), None)?;
        }
        self.check_fit(method)?;
        let logits = self.photo()?.1.to_vec();
        let target = find_class(&logits, question.target)?;
        self.engine_on_photo().await?;
        let start = Instant::now();
        let Answer { map, references, completeness } =
            self.answer(method, &layer, &logits, target, progress).await?;
        let backward = milliseconds_since(start);
        let forward = self.pass.as_mut().map_or(0.0, |pass| std::mem::take(&mut pass.unreported_ms));
        let score = |class: usize| self.classes.score(&logits, class);
        Ok(Explanation {
            target: score(target),
            same_as: self.same_as(method, &layer),
            layer: layer.name,
            method,
            map,
            references: references.into_iter().map(score).collect(),
            completeness,
            timings: Timings { forward, backward },
            logits,
        })
    }

    async fn answer(
        &mut self,
        method: Method,
        layer: &Layer,
        logits: &[f32],
        target: usize,
        progress: &mut dyn Progress,
    ) -> Result<Answer, ExplainError> {
        let cotangent = class_cotangent(logits.len(), target);
        Ok(match method {
            Method::Cam(method) => self.map_of(method, &cotangent, layer).await?.into(),
            Method::EigenCam => self.eigen_cam(layer).await?.into(),
            Method::AblationCam => self.ablation_cam(target, logits[target], layer, progress).await?.into(),
            Method::FinerCam => self.finer_cam(logits, target, layer).await?,
            Method::LayerCamFused => self.fused(&cotangent).await?.into(),
            Method::InputGradient => self.input_gradient(&cotangent).await?.into(),
            Method::SmoothGrad => self.smooth_grad(&cotangent, progress).await?.into(),
            Method::IntegratedGradients => self.integrated_gradients(target, &cotangent, progress).await?,
            Method::GuidedBackprop => self.guided_backprop(&cotangent).await?.into(),
            Method::GuidedGradCam => self.guided_grad_cam(&cotangent, layer).await?.into(),
        })
    }

    /// Refuses a method that says nothing about this network.
    pub(super) fn check_fit(&self, method: Method) -> Result<(), ExplainError> {
        let refused = |reason| ExplainError::DoesNotFit { method: method.name(), reason };
        method.fits(self.network()).map_err(refused)
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
        let activation = self.engine_on_photo().await?.activation(head.layer.node).await?;
        Ok(Some(cam::class_maps(&head.linear, &activation)))
    }
}
