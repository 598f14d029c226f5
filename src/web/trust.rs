//! Whether a map of the current photo can be trusted.

use super::erase::chosen;
use super::explain::question;
use super::map::map_object;
use super::{Session, is_wanted, notify, object, parse, picture, refusal};
use crate::Faithfulness;
use crate::explain::Explanation;
use crate::faithfulness::{Curve, RandomisationStep};
use crate::photo::CropGeometry;
use js_sys::{Array, Function, Reflect};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

/// Steps of a deletion or insertion curve, where nobody asks for others.
const STEPS: usize = 20;

#[derive(Deserialize)]
struct MeasureOptions {
    steps: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FaithfulnessFacts {
    curves: Vec<Curve>,
    average_drop: f64,
}

#[derive(Serialize)]
struct StepFacts<'a> {
    layer: &'a str,
    correlation: f64,
    done: usize,
    total: usize,
}

#[wasm_bindgen]
impl Session {
    /// Deletion and insertion curves of a map, and its average drop. `listen` is notified of every point.
    pub async fn faithfulness(&mut self, options: JsValue, listen: &Function) -> Result<JsValue, JsValue> {
        let MeasureOptions { steps } = parse(options.clone())?;
        let question = question(options)?;
        let progress = async |point| match point {
            Some(point) => notify(listen, object(&point)).await,
            None => is_wanted(listen).await,
        };
        let measured = self.cam.faithfulness(&question, steps.unwrap_or(STEPS), progress).await;
        let Faithfulness { curves, average_drop } = measured.map_err(refusal)?;
        object(&FaithfulnessFacts { curves, average_drop })
    }

    /// A map while the weights are scrambled from the last layer to the first. `listen` is notified of every step.
    pub async fn randomise(&mut self, options: JsValue, listen: &Function) -> Result<JsValue, JsValue> {
        let question = question(options)?;
        let geometry = self.geometry()?;
        let progress = async |step: Option<&RandomisationStep>| match step {
            Some(step) => notify(listen, step_object(step, &geometry)).await,
            None => is_wanted(listen).await,
        };
        let steps = self.cam.randomise(&question, progress).await.map_err(refusal)?;
        let objects = Array::new();
        for step in &steps {
            objects.push(&step_object(step, &geometry)?);
        }
        Ok(objects.into())
    }

    /// The pixels where a map is highest, as many as `share` of what the network sees: 1 there, 0 elsewhere.
    #[wasm_bindgen(js_name = hottest)]
    pub fn top_mask(&self, values: Vec<f32>, columns: usize, rows: usize, share: f64) -> Result<Vec<u8>, JsValue> {
        Ok(bytes(self.cam.top_mask(&picture::map(values, columns, rows)?, share)))
    }

    /// A mask of the same area elsewhere, to compare with.
    #[wasm_bindgen(js_name = elsewhere)]
    pub fn control_mask(&self, mask: &[u8]) -> Result<Vec<u8>, JsValue> {
        Ok(bytes(self.cam.control_mask(&chosen(mask)).map_err(refusal)?))
    }
}

/// `RandomisationStep` of `gradcam.d.ts`.
fn step_object(step: &RandomisationStep, geometry: &CropGeometry) -> Result<JsValue, JsValue> {
    let &RandomisationStep { ref layer, correlation, ref explanation, done, total } = step;
    let facts = object(&StepFacts { layer, correlation, done, total })?;
    let Explanation { map, layer, method, target, .. } = explanation;
    Reflect::set(&facts, &"map".into(), &map_object(map, layer, *method, target.index, geometry)?)?;
    Ok(facts)
}

fn bytes(mask: Vec<bool>) -> Vec<u8> {
    mask.into_iter().map(u8::from).collect()
}
