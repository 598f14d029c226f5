//! The surface JavaScript sees. The only file that knows `JsValue`; it does no arithmetic of its own.

use crate::cam::{Map, Method};
use crate::cpu::CpuEngine;
use crate::engine::Engine;
use crate::engine::choice::{Choice, Chooser, ChosenEngine, Timing, Wish};
use crate::engine::{Description, FallbackEngine};
use crate::explain::{Explainer, Explanation, Prediction, Question};
use crate::network::Network;
use crate::photo::{Photo, PhotoError, Preprocessing};
use crate::render;
use crate::weights::Weights;
use js_sys::{Error, Float32Array, Reflect, Uint8Array};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_wasm_bindgen::Serializer;
use std::collections::HashMap;
use wasm_bindgen::prelude::*;
use web_time::Instant;

/// A photo is shown at most this large, in pixels of its longer side.
const SHOWN_SIDE: u32 = 1600;

/// Lets a panic be read in the console instead of a bare `unreachable`.
#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// An `Error` with a stable `code` and a sentence for the user.
fn failure(code: &str, message: impl ToString) -> JsValue {
    let error = Error::new(&message.to_string());
    // Setting a property of an ordinary object does not fail.
    let _ = Reflect::set(&error, &"code".into(), &code.into());
    error.into()
}

/// As JSON has it: flattened structs as plain objects, not as a `Map`, and `None` as `null`.
fn object(value: &impl Serialize) -> Result<JsValue, JsValue> {
    value.serialize(&Serializer::json_compatible()).map_err(|error| failure("internal", error))
}

fn parse<T: DeserializeOwned>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(|error| failure("internal", error))
}

/// Waits until `count` threads share the engine's work: the worker that calls, and those in [`serve_thread`].
#[cfg(feature = "threads")]
#[wasm_bindgen(js_name = startThreads)]
pub fn start_threads(count: usize) {
    crate::cpu::threads::start(count);
}

/// Makes the worker that calls a thread of the engine's, for good.
#[cfg(feature = "threads")]
#[wasm_bindgen(js_name = serveThread)]
pub fn serve_thread() {
    crate::cpu::threads::serve();
}

/// What chooses a [`Session`]'s engine; made before it, so that the GPU is ready when the model is.
#[wasm_bindgen]
#[derive(Default)]
pub struct EngineChooser {
    chooser: Chooser,
}

#[wasm_bindgen]
impl EngineChooser {
    /// Knows no GPU yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Connects to the GPU, if `asked` (see [`Session::choose_engine`]) leads to one, and compiles its kernels.
    pub async fn prepare(&mut self, asked: JsValue) -> Result<(), JsValue> {
        self.chooser.prepare(parse(asked)?).await;
        Ok(())
    }
}

/// One network, its engine, and the photo that is being explained.
#[wasm_bindgen]
pub struct Session {
    explainer: Explainer<ChosenEngine>,
    chooser: Chooser,
    photo: Option<OpenPhoto>,
}

struct OpenPhoto {
    photo: Photo,
    /// Whether the engine's forward is of this photo.
    forwarded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelFacts<'a> {
    architecture: &'a str,
    labels: &'a [String],
    layers: Vec<LayerFacts<'a>>,
    input_size: usize,
}

#[derive(Serialize)]
struct LayerFacts<'a> {
    name: &'a str,
    height: usize,
    width: usize,
    channels: usize,
}

#[derive(Serialize)]
struct Geometry {
    photo: [u32; 2],
    crop: [f64; 4],
}

#[derive(Serialize)]
struct OpenedFacts {
    width: u32,
    height: u32,
    geometry: Geometry,
    decode: f64,
}

#[derive(Deserialize)]
struct ExplainOptions {
    layer: Option<String>,
    method: Option<String>,
    target: Option<usize>,
    #[serde(rename = "topK")]
    top: Option<usize>,
}

#[derive(Serialize)]
struct ChoiceFacts {
    engine: Description,
    #[serde(flatten)]
    choice: Choice,
}

#[derive(Serialize)]
struct ExplanationFacts<'a> {
    predictions: &'a [Prediction],
    target: &'a Prediction,
    map: MapFacts<'a>,
    geometry: Geometry,
    timings: TimingFacts,
    engine: Description,
    fallback: Option<String>,
}

#[derive(Serialize)]
struct MapFacts<'a> {
    width: usize,
    height: usize,
    layer: &'a str,
    method: &'static str,
    target: usize,
    minimum: f32,
    maximum: f32,
    peak: PeakFacts,
    blank: bool,
}

#[derive(Serialize)]
struct ClassMapsFacts<'a> {
    width: usize,
    height: usize,
    layer: &'a str,
}

#[derive(Serialize)]
struct PeakFacts {
    row: usize,
    column: usize,
    value: f32,
    x: f64,
    y: f64,
}

#[derive(Serialize)]
struct TimingFacts {
    decode: f64,
    forward: f64,
    backward: f64,
    total: f64,
}

#[wasm_bindgen]
impl Session {
    /// Builds the network and its engine on the CPU from the bytes of a model file. `labels`, if given, replace the
    /// file's; `chooser` will choose other engines.
    #[wasm_bindgen(constructor)]
    pub fn new(
        model: &[u8],
        labels: Option<Vec<String>>,
        chooser: Option<EngineChooser>,
    ) -> Result<Session, JsValue> {
        let weights = Weights::from_safetensors(model).map_err(|error| failure(error.code(), error))?;
        let network = Network::from_weights(&weights, labels).map_err(|error| failure(error.code(), error))?;
        let engine = CpuEngine::new(network).map_err(|error| failure(error.code(), error))?;
        let explainer = Explainer::new(FallbackEngine::new(engine));
        Ok(Self { explainer, chooser: chooser.unwrap_or_default().chooser, photo: None })
    }

    /// Architecture, labels, layers and input size.
    pub fn model(&self) -> Result<JsValue, JsValue> {
        let network = self.explainer.network();
        let layers = network
            .layers()
            .iter()
            .map(|layer| {
                let shape = network.node(layer.node).shape;
                LayerFacts {
                    name: &layer.name,
                    height: shape.height,
                    width: shape.width,
                    channels: shape.channels,
                }
            })
            .collect();
        object(&ModelFacts {
            architecture: network.architecture(),
            labels: network.labels(),
            layers,
            input_size: network.input_shape().height,
        })
    }

    /// Chooses the engine that runs from now on: `auto`, `cpu` or `webgpu`. `remembered` is an object of timings that
    /// earlier choices returned, by their keys. Never fails: where the GPU cannot be had, the answer says why.
    #[wasm_bindgen(js_name = chooseEngine)]
    pub async fn choose_engine(&mut self, asked: JsValue, remembered: JsValue) -> Result<JsValue, JsValue> {
        let wish: Wish = parse(asked)?;
        let remembered: HashMap<String, Timing> = parse(remembered)?;
        if let Some(open) = &mut self.photo {
            open.forwarded = false;
        }
        let choice = self.chooser.choose(self.explainer.engine_mut(), wish, &remembered).await;
        object(&ChoiceFacts { engine: self.explainer.engine().description(), choice })
    }

    /// Which engine runs.
    pub fn engine(&self) -> Result<JsValue, JsValue> {
        object(&self.explainer.engine().description())
    }

    /// Decodes a photo, makes it the current one, and returns its size, geometry and pixels to show. A photo that
    /// cannot be decoded leaves the current one as it was.
    pub fn open(&mut self, bytes: &[u8]) -> Result<JsValue, JsValue> {
        self.open_with(|| Photo::decode(bytes))
    }

    /// As `open`, for a photo that is there as pixels: RGBA, row-major.
    #[wasm_bindgen(js_name = openPixels)]
    pub fn open_pixels(&mut self, rgba: Vec<u8>, width: u32, height: u32) -> Result<JsValue, JsValue> {
        self.open_with(|| Photo::from_rgba(width, height, rgba))
    }

    fn open_with(&mut self, decode: impl FnOnce() -> Result<Photo, PhotoError>) -> Result<JsValue, JsValue> {
        let start = Instant::now();
        let photo = decode().map_err(|error| failure(error.code(), error))?;
        let (width, height, pixels) = photo.scaled_to_fit(SHOWN_SIDE);
        let decode = milliseconds_since(start);
        let geometry = geometry(&photo);
        self.photo = Some(OpenPhoto { photo, forwarded: false });
        let facts = object(&OpenedFacts { width, height, geometry, decode })?;
        Reflect::set(&facts, &"pixels".into(), &Uint8Array::from(pixels.as_slice()))?;
        Ok(facts)
    }

    /// Explains the current photo.
    pub async fn explain(&mut self, options: JsValue) -> Result<JsValue, JsValue> {
        let start = Instant::now();
        let question = question(options)?;
        self.forward().await?;
        let explanation = self.explainer.explain(&question).await.map_err(|error| failure(error.code(), error))?;
        let engine = self.explainer.engine_mut();
        let fallback = engine
            .take_failure()
            .map(|error| format!("The GPU failed, and the CPU explained this photo instead. {error}"));
        let ran = (engine.description(), fallback);
        explanation_object(&explanation, &self.open_photo()?.photo, milliseconds_since(start), ran)
    }

    /// The Grad-CAM maps of all classes at the last layer for the current photo, class by class; null where the network
    /// has no such head that they need no backward pass.
    #[wasm_bindgen(js_name = classMaps)]
    pub async fn class_maps(&mut self) -> Result<JsValue, JsValue> {
        self.forward().await?;
        let maps = self.explainer.class_maps().await.map_err(|error| failure(error.code(), error))?;
        let (Some(maps), Some(layer)) = (maps, self.explainer.network().last_layer()) else {
            return Ok(JsValue::NULL);
        };
        let shape = self.explainer.network().node(layer.node).shape;
        let facts = ClassMapsFacts { width: shape.width, height: shape.height, layer: &layer.name };
        let values: Vec<f32> = maps.into_iter().flat_map(|map| map.values).collect();
        let facts = object(&facts)?;
        Reflect::set(&facts, &"values".into(), &Float32Array::from(values.as_slice()))?;
        Ok(facts)
    }

    /// Runs the network on the current photo, unless it has.
    async fn forward(&mut self) -> Result<(), JsValue> {
        let open = self.photo.as_mut().ok_or_else(no_photo)?;
        if !open.forwarded {
            let input = open.photo.network_input(&Preprocessing::IMAGENET);
            self.explainer.forward(&input).await.map_err(|error| failure(error.code(), error))?;
            open.forwarded = true;
        }
        Ok(())
    }

    fn open_photo(&self) -> Result<&OpenPhoto, JsValue> {
        self.photo.as_ref().ok_or_else(no_photo)
    }
}

fn no_photo() -> JsValue {
    failure("internal", "No photo has been opened yet.")
}

/// The map in colours: `width × height` pixels of opaque RGBA. `columns × rows` is the map's own size.
#[wasm_bindgen]
pub fn heatmap(
    values: Vec<f32>,
    columns: usize,
    rows: usize,
    colors: &str,
    scale: &str,
    width: usize,
    height: usize,
) -> Result<Vec<u8>, JsValue> {
    if columns == 0 || rows == 0 || values.len() != columns * rows {
        return Err(failure("internal", format!("A map of {columns} × {rows} needs as many values.")));
    }
    let map = Map { width: columns, height: rows, values };
    let colors = colors.parse().map_err(|error| failure("internal", error))?;
    let scale = scale.parse().map_err(|error| failure("internal", error))?;
    Ok(render::heatmap(&map, colors, scale, width, height))
}

/// `count` pixels of opaque RGBA, from the low end of the colours to the high end.
#[wasm_bindgen]
pub fn legend(colors: &str, scale: &str, count: usize) -> Result<Vec<u8>, JsValue> {
    let colors = colors.parse().map_err(|error| failure("internal", error))?;
    let scale = scale.parse().map_err(|error| failure("internal", error))?;
    Ok(render::legend(colors, scale, count))
}

fn question(options: JsValue) -> Result<Question, JsValue> {
    let options: ExplainOptions = parse(options)?;
    let default = Question::default();
    let method = match options.method {
        Some(name) => name.parse::<Method>().map_err(|error| failure("unknown-method", error))?,
        None => default.method,
    };
    Ok(Question { layer: options.layer, method, target: options.target, top: options.top.unwrap_or(default.top) })
}

fn explanation_object(
    explanation: &Explanation,
    photo: &Photo,
    total: f64,
    (engine, fallback): (Description, Option<String>),
) -> Result<JsValue, JsValue> {
    let map = &explanation.map;
    let peak = map.peak();
    let geometry = geometry(photo);
    let [crop_x, crop_y, crop_width, crop_height] = geometry.crop;
    let centre = |cell: usize, cells: usize| (cell as f64 + 0.5) / cells as f64;
    let facts = object(&ExplanationFacts {
        predictions: &explanation.predictions,
        target: &explanation.target,
        map: MapFacts {
            width: map.width,
            height: map.height,
            layer: &explanation.layer,
            method: explanation.method.name(),
            target: explanation.target.index,
            minimum: map.minimum(),
            maximum: map.maximum(),
            peak: PeakFacts {
                row: peak.row,
                column: peak.column,
                value: peak.value,
                x: crop_x + crop_width * centre(peak.column, map.width),
                y: crop_y + crop_height * centre(peak.row, map.height),
            },
            blank: map.is_blank(),
        },
        geometry,
        timings: TimingFacts {
            decode: 0.0,
            forward: explanation.timings.forward,
            backward: explanation.timings.backward,
            total,
        },
        engine,
        fallback,
    })?;
    let values = Float32Array::from(map.values.as_slice());
    Reflect::set(&Reflect::get(&facts, &"map".into())?, &"values".into(), &values)?;
    Ok(facts)
}

fn geometry(photo: &Photo) -> Geometry {
    let crop = photo.crop_geometry(&Preprocessing::IMAGENET).in_photo;
    Geometry { photo: [photo.width(), photo.height()], crop: [crop.x, crop.y, crop.width, crop.height] }
}

fn milliseconds_since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}
