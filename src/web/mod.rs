//! The surface JavaScript sees. The only folder that knows `JsValue`; it does no arithmetic of its own.
//!
//! Here: a session, its model, its engine and its photo. What can be asked about the photo is said in the other files.

mod erase;
mod explain;
mod files;
mod map;
mod model;
mod photo_zip;
mod picture;
mod survey;
mod trust;

use crate::choice::{Choice, ChosenEngine, EnginePreference, EngineSelector, FallbackEngine, Timing};
use crate::cpu::CpuEngine;
use crate::engine::{Description, Engine};
use crate::model::Model;
use crate::photo::{CropGeometry, Photo, PhotoError, opaque};
use crate::stopwatch::milliseconds_since;
use crate::{GradCam, GradCamError};
use js_sys::{Error, Function, Promise, Reflect, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use std::collections::HashMap;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
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
    crate::kernel::cpu::threads::start(count);
}

/// Makes the worker that calls a thread of the engine's, for good.
#[cfg(feature = "threads")]
#[wasm_bindgen(js_name = serveThread)]
pub fn serve_thread() {
    crate::kernel::cpu::threads::serve();
}

/// What chooses a [`Session`]'s engine; made before it, so that the GPU is ready when the model is.
#[wasm_bindgen]
#[derive(Default)]
pub struct EngineChooser {
    selector: EngineSelector,
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
        self.selector.prepare(parse(asked)?).await;
        Ok(())
    }
}

/// One network, its engine, and the photo that is being explained.
#[wasm_bindgen]
pub struct Session {
    cam: GradCam<ChosenEngine>,
    selector: EngineSelector,
    /// Tells this model file from all others: length and CRC-32.
    fingerprint: String,
}

/// `Geometry` of `gradcam.d.ts`.
#[derive(Serialize)]
struct GeometryFacts {
    photo: [u32; 2],
    crop: [f64; 4],
}

#[derive(Serialize)]
struct OpenedFacts {
    width: u32,
    height: u32,
    geometry: GeometryFacts,
    decode: f64,
}

#[derive(Serialize)]
struct ChoiceFacts {
    engine: Description,
    #[serde(flatten)]
    choice: Choice,
}

#[wasm_bindgen]
impl Session {
    /// Builds the network and its engine on the CPU from the bytes of a model file. `options` say what the file does not;
    /// `chooser` will choose other engines.
    #[wasm_bindgen(constructor)]
    pub fn new(file: &[u8], options: JsValue, chooser: Option<EngineChooser>) -> Result<Session, JsValue> {
        let Model { network, input, classes } = model::read(file, options)?;
        let engine = CpuEngine::new(network).map_err(|error| refusal(error.into()))?;
        let cam = GradCam::new(FallbackEngine::new(engine), input, classes);
        let fingerprint = format!("{}-{:08x}", file.len(), crc32fast::hash(file));
        Ok(Self { cam, selector: chooser.unwrap_or_default().selector, fingerprint })
    }

    /// Chooses the engine that runs from now on: `auto`, `cpu` or `webgpu`. `remembered` is an object of timings that
    /// earlier choices returned, by their keys. Never fails: where the GPU cannot be had, the answer says why.
    #[wasm_bindgen(js_name = chooseEngine)]
    pub async fn choose_engine(&mut self, asked: JsValue, remembered: JsValue) -> Result<JsValue, JsValue> {
        let preference: EnginePreference = parse(asked)?;
        let remembered: HashMap<String, Timing> = parse(remembered)?;
        let choice = self.selector.select(self.cam.engine_mut(), preference, &remembered, &self.fingerprint).await;
        object(&ChoiceFacts { engine: self.cam.engine().description(), choice })
    }

    /// Which engine runs.
    pub fn engine(&self) -> Result<JsValue, JsValue> {
        object(&self.cam.engine().description())
    }

    /// Decodes a photo, makes it the current one, and returns its size, geometry and pixels to show. A photo that
    /// cannot be decoded leaves the current one as it was.
    pub fn open(&mut self, file: &[u8]) -> Result<JsValue, JsValue> {
        self.open_with(|| Photo::decode(file))
    }

    /// As `open`, for a photo that is there as pixels: RGBA, row-major.
    #[wasm_bindgen(js_name = openPixels)]
    pub fn open_pixels(&mut self, rgba: Vec<u8>, width: u32, height: u32) -> Result<JsValue, JsValue> {
        self.open_with(|| Photo::from_rgba(width, height, rgba))
    }

    fn open_with(&mut self, decode: impl FnOnce() -> Result<Photo, PhotoError>) -> Result<JsValue, JsValue> {
        let start = Instant::now();
        self.cam.open_photo(decode().map_err(|error| refusal(error.into()))?);
        self.opened(start)
    }

    /// Size, geometry and pixels of the current photo to show, and what the network sees; worked out since `start`.
    fn opened(&self, start: Instant) -> Result<JsValue, JsValue> {
        let (width, height, pixels) = self.cam.shown(SHOWN_SIDE).map_err(refusal)?;
        let crop = opaque(self.cam.seen().map_err(refusal)?);
        let geometry = self.geometry_facts()?;
        let facts = object(&OpenedFacts { width, height, geometry, decode: milliseconds_since(start) })?;
        Reflect::set(&facts, &"pixels".into(), &Uint8Array::from(pixels.as_slice()))?;
        Reflect::set(&facts, &"crop".into(), &Uint8Array::from(crop.as_slice()))?;
        Ok(facts)
    }

    /// Where the current photo's crop lies.
    fn geometry(&self) -> Result<CropGeometry, JsValue> {
        self.cam.geometry().map_err(refusal)
    }

    /// The same as JavaScript sees it.
    fn geometry_facts(&self) -> Result<GeometryFacts, JsValue> {
        let photo = self.cam.photo().map_err(refusal)?;
        let crop = self.geometry()?.in_photo;
        Ok(GeometryFacts {
            photo: [photo.width(), photo.height()],
            crop: [crop.x, crop.y, crop.width, crop.height],
        })
    }
}

/// What JavaScript gets to see of an error.
fn refusal(error: GradCamError) -> JsValue {
    failure(error.code(), error)
}

/// Notifies JavaScript of how far a long computation is. `listen` returns a promise of whether to go on, which lets other
/// messages in meanwhile; one that fails is a no.
async fn notify(listen: &Function, news: Result<JsValue, JsValue>) -> bool {
    let promise = news.and_then(|news| listen.call1(&JsValue::UNDEFINED, &news));
    let Some(promise) = promise.ok().and_then(|promise| promise.dyn_into::<Promise>().ok()) else {
        return false;
    };
    JsFuture::from(promise).await.is_ok_and(|answer| answer.is_truthy())
}

/// Asks JavaScript whether a long computation is still wanted, without any news of it.
async fn is_wanted(listen: &Function) -> bool {
    notify(listen, Ok(JsValue::UNDEFINED)).await
}
