//! Whether a map of the current photo can be trusted.

use super::erase::{check_mask, chosen};
use super::explain::{class_map, explain_failure, question};
use super::{Session, go_on, no_photo, object, parse, picture, tell};
use crate::explain::Explanation;
use crate::faithfulness::{self, Curve, RandomisationStep};
use crate::photo::Photo;
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
        self.forward().await?;
        let still_wanted = async |_| go_on(listen).await;
        let explanation =
            self.explainer.explain_watched(&question, still_wanted).await.map_err(explain_failure)?;
        let (map, class) = (&explanation.map, explanation.target.index);
        let watch = async |point| tell(listen, object(&point)).await;
        let curves = faithfulness::curves(&mut self.explainer, map, class, steps.unwrap_or(STEPS), watch).await;
        let curves = curves.map_err(explain_failure)?;
        let average_drop =
            faithfulness::average_drop(&mut self.explainer, map, class).await.map_err(explain_failure)?;
        object(&FaithfulnessFacts { curves, average_drop })
    }

    /// A map while the weights are scrambled from the last layer to the first. `listen` is told of every step.
    pub async fn randomise(&mut self, options: JsValue, listen: &Function) -> Result<JsValue, JsValue> {
        let question = question(options)?;
        self.forward().await?;
        let photo = &self.photo.as_ref().ok_or_else(no_photo)?.photo;
        let watch = async |step: Option<&RandomisationStep>| match step {
            Some(step) => tell(listen, step_object(step, photo)).await,
            None => go_on(listen).await,
        };
        let steps = match faithfulness::randomise(&mut self.explainer, &question, watch).await {
            Ok(steps) => steps,
            Err(error) => {
                // Whatever went wrong, the next question begins with the photo.
                if let Some(open) = &mut self.photo {
                    open.forwarded = false;
                }
                return Err(explain_failure(error));
            }
        };
        let photo = &self.open_photo()?.photo;
        let objects = Array::new();
        for step in &steps {
            objects.push(&step_object(step, photo)?);
        }
        Ok(objects.into())
    }

    /// The pixels where a map is highest, as many as `share` of what the network sees: 1 there, 0 elsewhere.
    pub fn hottest(&self, values: Vec<f32>, columns: usize, rows: usize, share: f64) -> Result<Vec<u8>, JsValue> {
        let map = picture::map(values, columns, rows)?;
        let side = self.explainer.network().input_shape().width;
        Ok(bytes(faithfulness::hottest(&map, side, share)))
    }

    /// A mask of the same area elsewhere.
    pub fn elsewhere(&self, mask: &[u8]) -> Result<Vec<u8>, JsValue> {
        let side = self.explainer.network().input_shape().width;
        check_mask(mask, side)?;
        Ok(bytes(faithfulness::elsewhere(&chosen(mask), side)))
    }
}

/// `RandomisationStep` of `gradcam.d.ts`.
fn step_object(step: &RandomisationStep, photo: &Photo) -> Result<JsValue, JsValue> {
    let &RandomisationStep { ref layer, correlation, ref explanation, done, total } = step;
    let facts = object(&StepFacts { layer, correlation, done, total })?;
    let Explanation { map, layer, method, target, .. } = explanation;
    Reflect::set(&facts, &"map".into(), &class_map(map, layer, *method, target.index, photo)?)?;
    Ok(facts)
}

fn bytes(mask: Vec<bool>) -> Vec<u8> {
    mask.into_iter().map(u8::from).collect()
}
