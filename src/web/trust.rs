//! Whether a map of the current photo can be trusted.

use super::erase::chosen;
use super::explain::{class_map, question};
use super::{Geometry, Session, go_on, object, parse, picture, refusal, tell};
use crate::Faithfulness;
use crate::explain::Explanation;
use crate::faithfulness::{Curve, RandomisationStep};
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
    /// Deletion and insertion curves of a map, and its average drop. `listen` is told of every point.
    pub async fn faithfulness(&mut self, options: JsValue, listen: &Function) -> Result<JsValue, JsValue> {
        let MeasureOptions { steps } = parse(options.clone())?;
        let question = question(options)?;
        let watch = async |point| match point {
            Some(point) => tell(listen, object(&point)).await,
            None => go_on(listen).await,
        };
        let measured = self.cam.faithfulness(&question, steps.unwrap_or(STEPS), watch).await;
        let Faithfulness { curves, average_drop } = measured.map_err(refusal)?;
        object(&FaithfulnessFacts { curves, average_drop })
    }

    /// A map while the weights are scrambled from the last layer to the first. `listen` is told of every step.
    pub async fn randomise(&mut self, options: JsValue, listen: &Function) -> Result<JsValue, JsValue> {
        let question = question(options)?;
        let geometry = self.geometry()?;
        let watch = async |step: Option<&RandomisationStep>| match step {
            Some(step) => tell(listen, step_object(step, &geometry)).await,
            None => go_on(listen).await,
        };
        let steps = self.cam.randomise(&question, watch).await.map_err(refusal)?;
        let objects = Array::new();
        for step in &steps {
            objects.push(&step_object(step, &geometry)?);
        }
        Ok(objects.into())
    }

    /// The pixels where a map is highest, as many as `share` of what the network sees: 1 there, 0 elsewhere.
    pub fn hottest(&self, values: Vec<f32>, columns: usize, rows: usize, share: f64) -> Result<Vec<u8>, JsValue> {
        Ok(bytes(self.cam.hottest(&picture::map(values, columns, rows)?, share)))
    }

    /// A mask of the same area elsewhere.
    pub fn elsewhere(&self, mask: &[u8]) -> Result<Vec<u8>, JsValue> {
        Ok(bytes(self.cam.elsewhere(&chosen(mask)).map_err(refusal)?))
    }
}

/// `RandomisationStep` of `gradcam.d.ts`.
fn step_object(step: &RandomisationStep, geometry: &Geometry) -> Result<JsValue, JsValue> {
    let &RandomisationStep { ref layer, correlation, ref explanation, done, total } = step;
    let facts = object(&StepFacts { layer, correlation, done, total })?;
    let Explanation { map, layer, method, target, .. } = explanation;
    Reflect::set(&facts, &"map".into(), &class_map(map, layer, *method, target.index, geometry)?)?;
    Ok(facts)
}

fn bytes(mask: Vec<bool>) -> Vec<u8> {
    mask.into_iter().map(u8::from).collect()
}
