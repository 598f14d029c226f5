//! The whole way for one network, a photo at a time: what `www/gradcam.d.ts` offers to JavaScript, for Rust.

use crate::cam::Map;
use crate::choice::FallbackEngine;
use crate::cpu::CpuEngine;
use crate::engine::{Engine, EngineError};
use crate::explain::{
    Comparison, ExplainError, Explainer, Explanation, LayerMaps, Method, Progress, Question, Survey,
    SurveyQuestion,
};
use crate::faithfulness::{self, Curve, CurvePoint, RandomisationStep};
use crate::model::{Classes, Model, ModelError, ModelOptions};
use crate::network::Network;
use crate::photo::{CropGeometry, Erasure, Fill, InputSpec, Photo, PhotoError, scaled_square};

/// What can go wrong on the way. Each is told in a sentence for the user.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GradCamError {
    /// The model file cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The file is not a photo that can be read.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// A question cannot be answered.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// A question came before any photo.
    #[error("No photo has been opened yet.")]
    NoPhoto,
    /// A mask is not of the size of what the network sees.
    #[error("The mask has {found} pixels, but {side} × {side} are needed.")]
    Mask {
        /// How many pixels it has.
        found: usize,
        /// Pixels on each side of what the network sees.
        side: usize,
    },
}

impl GradCamError {
    /// Stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Model(error) => error.code(),
            Self::Photo(error) => error.code(),
            Self::Explain(error) => error.code(),
            Self::NoPhoto | Self::Mask { .. } => "internal",
        }
    }
}

impl From<EngineError> for GradCamError {
    fn from(error: EngineError) -> Self {
        Self::Explain(error.into())
    }
}

/// A map's faithfulness to the network.
#[derive(Debug, Clone, PartialEq)]
pub struct Faithfulness {
    /// Deletion and insertion, for the map and what it is compared with.
    pub curves: Vec<Curve>,
    /// How much of the class's probability is lost where only what the map shows is left, from 0 to 1.
    pub average_drop: f64,
}

/// A network with its engine, what it expects of a photo, and the current photo.
///
/// ```no_run
/// use gradcam::{GradCam, explain::Question, model::ModelOptions};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let mut cam = GradCam::load(&std::fs::read("mine.safetensors")?, ModelOptions::default())?;
/// cam.open(&std::fs::read("photo.jpg")?)?;
/// let explanation = cam.explain(&Question::default()).await?;
/// println!("{}: {:?}", explanation.target.label, explanation.map.peak());
/// # Ok(())
/// # }
/// ```
pub struct GradCam<E> {
    explainer: Explainer<E>,
    input: InputSpec,
    photo: Option<OpenPhoto>,
}

struct OpenPhoto {
    photo: Photo,
    /// What the network sees of it: resampled once, however often it is asked for.
    crop: Vec<u8>,
    /// What is painted over.
    erasure: Option<Erasure>,
    /// Whether the engine's forward is of this photo.
    forwarded: bool,
}

impl OpenPhoto {
    /// What the network sees of it, with what is painted over.
    fn seen(&self) -> &[u8] {
        self.erasure.as_ref().map_or(self.crop.as_slice(), Erasure::pixels)
    }
}

impl GradCam<CpuEngine> {
    /// Builds the network in a model file (see [`Model::read`]) on the CPU.
    ///
    /// # Errors
    /// [`GradCamError::Model`] says what is wrong with the file or the options.
    pub fn load(file: &[u8], options: ModelOptions) -> Result<Self, GradCamError> {
        let Model { network, input, classes } = Model::read(file, options)?;
        Ok(Self::new(CpuEngine::new(network)?, input, classes))
    }
}

impl<C: Engine, G: Engine> GradCam<FallbackEngine<C, G>> {
    /// Why the GPU was given up, if it has been since the last time this was asked.
    pub fn take_failure(&mut self) -> Option<EngineError> {
        self.explainer.engine_mut().take_failure()
    }
}

impl<E: Engine> GradCam<E> {
    /// On any engine: with what belongs to its network in a [`Model`].
    ///
    /// # Panics
    /// Where there are not as many classes as logits.
    pub fn new(engine: E, input: InputSpec, classes: Classes) -> Self {
        Self { explainer: Explainer::with_classes(engine, classes), input, photo: None }
    }

    /// The network that is asked.
    pub fn network(&self) -> &Network {
        self.explainer.network()
    }

    /// How photos become its input.
    pub fn input(&self) -> &InputSpec {
        &self.input
    }

    /// What its logits stand for.
    pub fn classes(&self) -> &Classes {
        self.explainer.classes()
    }

    /// The engine, to look at.
    pub fn engine(&self) -> &E {
        self.explainer.engine()
    }

    /// The engine, to have it compute elsewhere: the next question runs the current photo again.
    pub fn engine_mut(&mut self) -> &mut E {
        if let Some(open) = &mut self.photo {
            open.forwarded = false;
        }
        self.explainer.engine_mut()
    }

    /// Makes a photo the current one, from the bytes of its file.
    ///
    /// # Errors
    /// What [`Photo::decode`] says; the current photo stays as it was.
    pub fn open(&mut self, file: &[u8]) -> Result<&Photo, GradCamError> {
        Ok(self.open_photo(Photo::decode(file)?))
    }

    /// Makes a photo the current one.
    pub fn open_photo(&mut self, photo: Photo) -> &Photo {
        let crop = photo.crop_pixels(&self.input);
        &self.photo.insert(OpenPhoto { photo, crop, erasure: None, forwarded: false }).photo
    }

    /// The current photo.
    ///
    /// # Errors
    /// [`GradCamError::NoPhoto`].
    pub fn photo(&self) -> Result<&Photo, GradCamError> {
        self.photo.as_ref().map(|open| &open.photo).ok_or(GradCamError::NoPhoto)
    }

    /// What is painted over in the current photo.
    pub fn erasure(&self) -> Option<&Erasure> {
        self.photo.as_ref().and_then(|open| open.erasure.as_ref())
    }

    /// Where in the current photo the network looks.
    ///
    /// # Errors
    /// [`GradCamError::NoPhoto`].
    pub fn geometry(&self) -> Result<CropGeometry, GradCamError> {
        Ok(self.photo()?.crop_geometry(&self.input))
    }

    /// What the network sees of the current photo, with what is painted over: `side · side · 3` bytes of RGB, row-major.
    ///
    /// # Errors
    /// [`GradCamError::NoPhoto`].
    pub fn seen(&self) -> Result<&[u8], GradCamError> {
        Ok(self.photo.as_ref().ok_or(GradCamError::NoPhoto)?.seen())
    }

    /// What the network sees of the current photo, scaled to `side · side` pixels: RGB, row-major.
    ///
    /// # Errors
    /// [`GradCamError::NoPhoto`].
    ///
    /// # Panics
    /// Where `side` is 0.
    pub fn seen_at(&self, side: u32) -> Result<Vec<u8>, GradCamError> {
        Ok(scaled_square(self.seen()?, self.input.crop, side))
    }

    /// The current photo for display, with what is painted over, shrunk so that no side exceeds `max_side` pixels: width,
    /// height and `height · width · 4` bytes of opaque RGBA, row-major.
    ///
    /// # Errors
    /// [`GradCamError::NoPhoto`].
    pub fn shown(&self, max_side: u32) -> Result<(u32, u32, Vec<u8>), GradCamError> {
        let photo = self.photo()?;
        let (width, height, mut pixels) = photo.scaled_to_fit(max_side);
        if let Some(erasure) = self.erasure() {
            let across = f64::from(width) / f64::from(photo.width());
            let down = f64::from(height) / f64::from(photo.height());
            // A side in memory: this fits.
            erasure.paint(&mut pixels, width as usize, self.geometry()?.in_photo.scaled(across, down));
        }
        Ok((width, height, pixels))
    }

    /// Paints over a part of the current photo, as it was opened: `mask` has an element for each pixel of what the network
    /// sees, row by row.
    ///
    /// # Errors
    /// [`GradCamError::NoPhoto`], [`GradCamError::Mask`].
    pub fn erase(&mut self, mask: Vec<bool>, fill: Fill) -> Result<&Erasure, GradCamError> {
        self.check_mask(&mask)?;
        let side = self.side();
        let open = self.photo.as_mut().ok_or(GradCamError::NoPhoto)?;
        open.forwarded = false;
        Ok(open.erasure.insert(Erasure::new(&open.crop, side, mask, fill)))
    }

    /// The current photo as it was opened, with nothing painted over.
    pub fn restore(&mut self) {
        if let Some(open) = &mut self.photo {
            open.erasure = None;
            open.forwarded = false;
        }
    }

    /// The logits of the current photo.
    ///
    /// # Errors
    /// [`GradCamError::NoPhoto`], and what the engine says.
    pub async fn logits(&mut self) -> Result<&[f32], GradCamError> {
        self.forward().await?;
        Ok(self.explainer.photo()?.1)
    }

    /// Explains the current photo.
    ///
    /// # Errors
    /// [`GradCamError::NoPhoto`], and what [`Explainer::explain`] says.
    pub async fn explain(&mut self, question: &Question) -> Result<Explanation, GradCamError> {
        self.explain_with_progress(question, async |_| true).await
    }

    /// The same, and reports to `progress` every step of a method that takes many.
    ///
    /// # Errors
    /// As [`explain`](Self::explain), and [`ExplainError::Stopped`] where `progress` says so.
    pub async fn explain_with_progress(
        &mut self,
        question: &Question,
        progress: impl Progress,
    ) -> Result<Explanation, GradCamError> {
        Ok(self.forward().await?.explain_with_progress(question, progress).await?)
    }

    /// What there is to know of the current photo as one of many.
    ///
    /// # Errors
    /// As [`explain`](Self::explain).
    pub async fn survey(&mut self, question: &SurveyQuestion) -> Result<Survey, GradCamError> {
        Ok(self.forward().await?.survey(question).await?)
    }

    /// The Grad-CAM maps of all classes at the last layer: see [`Explainer::class_maps`].
    ///
    /// # Errors
    /// As [`explain`](Self::explain).
    pub async fn class_maps(&mut self) -> Result<Option<Vec<Map>>, GradCamError> {
        Ok(self.forward().await?.class_maps().await?)
    }

    /// One map for each layer: see [`Explainer::layer_maps`].
    ///
    /// # Errors
    /// As [`explain`](Self::explain).
    pub async fn layer_maps(&mut self, method: Method, target: Option<usize>) -> Result<LayerMaps, GradCamError> {
        Ok(self.forward().await?.layer_maps(method, target).await?)
    }

    /// Compares one class with another: see [`Explainer::compare`].
    ///
    /// # Errors
    /// As [`explain`](Self::explain), and [`ExplainError::SameClass`].
    pub async fn compare(
        &mut self,
        predicted: Option<usize>,
        expected: usize,
        layer: Option<&str>,
    ) -> Result<Comparison, GradCamError> {
        Ok(self.forward().await?.compare(predicted, expected, layer).await?)
    }

    /// Deletion and insertion curves of a map in `steps` steps, and its average drop. `progress` is notified of every
    /// point, and asked with `None` while the map is made; where its answer is no, this ends with
    /// [`ExplainError::Stopped`].
    ///
    /// # Errors
    /// As [`explain`](Self::explain).
    pub async fn faithfulness(
        &mut self,
        question: &Question,
        steps: usize,
        mut progress: impl AsyncFnMut(Option<CurvePoint>) -> bool,
    ) -> Result<Faithfulness, GradCamError> {
        let explainer = self.forward().await?;
        let explanation = explainer.explain_with_progress(question, async |_| progress(None).await).await?;
        let (map, class) = (&explanation.map, explanation.target.index);
        let of_points = async |point| progress(Some(point)).await;
        let curves = faithfulness::curves(explainer, map, class, steps, of_points).await?;
        let average_drop = faithfulness::average_drop(explainer, map, class).await?;
        Ok(Faithfulness { curves, average_drop })
    }

    /// The map while the weights are scrambled from the last layer to the first: see [`faithfulness::randomise`].
    ///
    /// # Errors
    /// As [`explain`](Self::explain).
    pub async fn randomise(
        &mut self,
        question: &Question,
        progress: impl AsyncFnMut(Option<&RandomisationStep>) -> bool,
    ) -> Result<Vec<RandomisationStep>, GradCamError> {
        let steps = faithfulness::randomise(self.forward().await?, question, progress).await;
        if steps.is_err()
            && let Some(open) = &mut self.photo
        {
            // Whatever went wrong, the next question begins with the photo.
            open.forwarded = false;
        }
        Ok(steps?)
    }

    /// The pixels of what the network sees where `map` is highest: `share` of them.
    pub fn top_mask(&self, map: &Map, share: f64) -> Vec<bool> {
        faithfulness::top_mask(map, self.side(), share)
    }

    /// A mask of the same shape and area elsewhere, to compare with.
    ///
    /// # Errors
    /// [`GradCamError::Mask`].
    pub fn control_mask(&self, mask: &[bool]) -> Result<Vec<bool>, GradCamError> {
        self.check_mask(mask)?;
        Ok(faithfulness::control_mask(mask, self.side()))
    }

    /// Runs the network on the current photo, unless it has.
    async fn forward(&mut self) -> Result<&mut Explainer<E>, GradCamError> {
        let open = self.photo.as_mut().ok_or(GradCamError::NoPhoto)?;
        if !open.forwarded {
            let input = self.input.normalise(open.seen());
            self.explainer.forward(&input).await?;
            open.forwarded = true;
        }
        Ok(&mut self.explainer)
    }

    /// Pixels on each side of what the network sees.
    fn side(&self) -> usize {
        self.network().input_shape().width
    }

    fn check_mask(&self, mask: &[bool]) -> Result<(), GradCamError> {
        let side = self.side();
        if mask.len() == side * side { Ok(()) } else { Err(GradCamError::Mask { found: mask.len(), side }) }
    }
}
