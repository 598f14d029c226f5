//! One photo of many.

use super::explain::method;
use super::{Session, failure, object, parse, refusal};
use crate::cam::EvidenceDistribution;
use crate::explain::{Survey, SurveyQuestion};
use crate::photo::{Photo, opaque};
use crate::render::{self, Colors, Scale};
use crate::stopwatch::milliseconds_since;
use js_sys::{Reflect, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use web_time::Instant;

/// Opacity of the heatmap on the small picture.
const OPACITY: f32 = 0.5;

#[derive(Deserialize)]
struct SurveyOptions {
    layer: Option<String>,
    method: Option<String>,
    expected: Option<usize>,
    colors: Option<String>,
    side: u32,
}

#[derive(Serialize)]
struct SurveyFacts {
    expected: Option<usize>,
    margin: f32,
    spread: EvidenceDistribution,
    decode: f64,
    side: u32,
}

#[wasm_bindgen]
impl Session {
    /// Makes a photo the current one and surveys it: `Survey` of `gradcam.d.ts`, with the overlay as RGBA. A photo that
    /// cannot be decoded leaves the current one as it was.
    pub async fn survey(&mut self, file: &[u8], options: JsValue) -> Result<JsValue, JsValue> {
        let start = Instant::now();
        let photo = Photo::decode(file).map_err(|error| refusal(error.into()))?;
        self.survey_photo(photo, options, milliseconds_since(start)).await
    }

    /// As `survey`, for a photo that is there as pixels: RGBA, row-major.
    #[wasm_bindgen(js_name = surveyPixels)]
    pub async fn survey_pixels(
        &mut self,
        rgba: Vec<u8>,
        width: u32,
        height: u32,
        options: JsValue,
    ) -> Result<JsValue, JsValue> {
        let photo = Photo::from_rgba(width, height, rgba).map_err(|error| refusal(error.into()))?;
        self.survey_photo(photo, options, 0.0).await
    }

    async fn survey_photo(&mut self, photo: Photo, options: JsValue, decode: f64) -> Result<JsValue, JsValue> {
        let start = Instant::now();
        let SurveyOptions { layer, method: name, expected, colors, side } = parse(options)?;
        let colors = match colors {
            Some(name) => name.parse().map_err(|error| failure("internal", error))?,
            None => Colors::Turbo,
        };
        let question = SurveyQuestion { layer, method: method(name)?, expected };
        self.cam.open_photo(photo);
        let survey = self.cam.survey(&question).await.map_err(refusal)?;
        let Survey { explanation, expected, margin, evidence } = &survey;
        let expected = expected.as_ref().map(|class| class.index);
        let facts = object(&SurveyFacts { expected, margin: *margin, spread: *evidence, decode, side })?;
        let explanation_facts = self.explanation_object(explanation, start)?;
        let overlay = self.overlay(&survey, colors, side)?;
        Reflect::set(&facts, &"explanation".into(), &explanation_facts)?;
        Reflect::set(&facts, &"overlay".into(), &Uint8Array::from(overlay.as_slice()))?;
        Ok(facts)
    }

    /// What the network saw with the map over it, `side` pixels on each side: RGBA.
    fn overlay(&self, survey: &Survey, colors: Colors, side: u32) -> Result<Vec<u8>, JsValue> {
        let crop = self.cam.seen_at(side).map_err(refusal)?;
        let side = side as usize;
        let heatmap = render::heatmap(&survey.explanation.map, colors, Scale::Positive, None, side, side);
        let whole = render::PixelRectangle { x: 0, y: 0, width: side, height: side };
        Ok(render::overlay(&opaque(&crop), side, &heatmap, whole, OPACITY))
    }
}
