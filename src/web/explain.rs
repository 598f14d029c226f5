//! Explanations of the current photo.

use super::map::map_object;
use super::{GeometryFacts, Session, failure, notify, object, parse, refusal};
use crate::cam::{self, EvidenceDistribution};
use crate::engine::{Description, Engine};
use crate::explain::{Comparison, Completeness, Decomposition, Explanation, Method, Question};
use crate::photo::CropGeometry;
use crate::stopwatch::milliseconds_since;
use js_sys::{Array, Float32Array, Function, Object, Reflect};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use web_time::Instant;

#[derive(Deserialize)]
struct ExplainOptions {
    layer: Option<String>,
    method: Option<String>,
    target: Option<usize>,
}

#[derive(Deserialize)]
struct LayerMapsOptions {
    method: Option<String>,
    target: Option<usize>,
}

#[derive(Deserialize)]
struct CompareOptions {
    expected: usize,
    predicted: Option<usize>,
    layer: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExplanationFacts {
    target: usize,
    same_as: Vec<&'static str>,
    references: Vec<usize>,
    completeness: Option<Completeness>,
    geometry: GeometryFacts,
    timings: TimingFacts,
    engine: Description,
    fallback: Option<String>,
}

#[derive(Serialize)]
struct ClassMapsFacts<'a> {
    width: usize,
    height: usize,
    layer: &'a str,
}

#[derive(Serialize)]
struct ComparisonFacts {
    predicted: usize,
    expected: usize,
    range: f32,
    arithmetic: Option<Decomposition>,
    spread: EvidenceDistribution,
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
    /// Explains the current photo. `listen` is notified of every step of a method that takes many.
    pub async fn explain(&mut self, options: JsValue, listen: &Function) -> Result<JsValue, JsValue> {
        let start = Instant::now();
        let question = question(options)?;
        let progress = async |steps| notify(listen, object(&steps)).await;
        let explanation = self.cam.explain_with_progress(&question, progress).await.map_err(refusal)?;
        self.explanation_object(&explanation, start)
    }

    /// The Grad-CAM maps of all classes at the last layer for the current photo, class by class; null where the network
    /// has no such head that they need no backward pass.
    #[wasm_bindgen(js_name = classMaps)]
    pub async fn class_maps(&mut self) -> Result<JsValue, JsValue> {
        let maps = self.cam.class_maps().await.map_err(refusal)?;
        let (Some(maps), Some(layer)) = (maps, self.cam.network().default_layer()) else {
            return Ok(JsValue::NULL);
        };
        let shape = self.cam.network().map_shape(layer.node);
        let facts = ClassMapsFacts { width: shape.width, height: shape.height, layer: &layer.name };
        let values: Vec<f32> = maps.into_iter().flat_map(|map| map.values).collect();
        let facts = object(&facts)?;
        Reflect::set(&facts, &"values".into(), &Float32Array::from(values.as_slice()))?;
        Ok(facts)
    }

    /// One map of the current photo for each layer, from the first to the last.
    #[wasm_bindgen(js_name = layerMaps)]
    pub async fn layer_maps(&mut self, options: JsValue) -> Result<JsValue, JsValue> {
        let options: LayerMapsOptions = parse(options)?;
        let method = method(options.method)?;
        let strip = self.cam.layer_maps(method, options.target).await.map_err(refusal)?;
        let geometry = self.geometry()?;
        let maps = Array::new();
        for of in &strip.maps {
            maps.push(&map_object(&of.map, &of.layer, method, strip.target.index, &geometry)?);
        }
        Ok(maps.into())
    }

    /// Compares one class with another, for the current photo.
    pub async fn compare(&mut self, options: JsValue) -> Result<JsValue, JsValue> {
        let CompareOptions { expected, predicted, layer } = parse(options)?;
        let comparison = self.cam.compare(predicted, expected, layer.as_deref()).await.map_err(refusal)?;
        comparison_object(&comparison, &self.geometry()?)
    }

    /// `Explanation` of `gradcam.d.ts`, worked out since `start`.
    pub(super) fn explanation_object(
        &mut self,
        explanation: &Explanation,
        start: Instant,
    ) -> Result<JsValue, JsValue> {
        let (engine, fallback) = self.ran();
        let facts = object(&ExplanationFacts {
            target: explanation.target.index,
            same_as: explanation.same_as.iter().map(|method| method.name()).collect(),
            references: explanation.references.iter().map(|class| class.index).collect(),
            completeness: explanation.completeness,
            geometry: self.geometry_facts()?,
            timings: TimingFacts {
                decode: 0.0,
                forward: explanation.timings.forward,
                backward: explanation.timings.backward,
                total: milliseconds_since(start),
            },
            engine,
            fallback,
        })?;
        let Explanation { map, layer, method, target, logits, .. } = explanation;
        let map = map_object(map, layer, *method, target.index, &self.geometry()?)?;
        Reflect::set(&facts, &"map".into(), &map)?;
        Reflect::set(&facts, &"logits".into(), &Float32Array::from(logits.as_slice()))?;
        Ok(facts)
    }

    /// What computed, and how the GPU failed if it did.
    fn ran(&mut self) -> (Description, Option<String>) {
        let fallback = self
            .cam
            .take_failure()
            .map(|error| format!("The GPU failed, and the CPU explained this photo instead. {error}"));
        (self.cam.engine().description(), fallback)
    }
}

/// The method of this name, or the default.
pub(super) fn method(name: Option<String>) -> Result<Method, JsValue> {
    name.map_or(Ok(Method::default()), |name| name.parse()).map_err(|error| failure("unknown-method", error))
}

pub(super) fn question(options: JsValue) -> Result<Question, JsValue> {
    let options: ExplainOptions = parse(options)?;
    Ok(Question { layer: options.layer, method: method(options.method)?, target: options.target })
}

fn comparison_object(comparison: &Comparison, geometry: &CropGeometry) -> Result<JsValue, JsValue> {
    let Comparison { predicted, expected, layer, decomposition, evidence, logits, .. } = comparison;
    let (predicted, expected) = (predicted.index, expected.index);
    let facts = object(&ComparisonFacts {
        predicted,
        expected,
        range: comparison.range(),
        arithmetic: *decomposition,
        spread: *evidence,
    })?;
    let maps = Object::new();
    for (name, map, target) in [
        ("predicted", &comparison.predicted_map, predicted),
        ("expected", &comparison.expected_map, expected),
        ("margin", &comparison.margin_map, predicted),
    ] {
        let map = map_object(map, layer, cam::Method::HiResCam.into(), target, geometry)?;
        Reflect::set(&maps, &name.into(), &map)?;
    }
    Reflect::set(&facts, &"maps".into(), &maps)?;
    Reflect::set(&facts, &"logits".into(), &Float32Array::from(logits.as_slice()))?;
    Ok(facts)
}
