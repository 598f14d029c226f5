//! A map as JavaScript sees it.

use super::object;
use crate::cam::Map;
use crate::explain::Method;
use crate::photo::CropGeometry;
use js_sys::{Float32Array, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;

#[derive(Serialize)]
struct MapFacts<'a> {
    width: usize,
    height: usize,
    layer: &'a str,
    method: &'static str,
    target: usize,
    unit: &'static str,
    minimum: f32,
    maximum: f32,
    peak: PeakFacts,
    blank: bool,
}

#[derive(Serialize)]
struct PeakFacts {
    row: usize,
    column: usize,
    value: f32,
    x: f64,
    y: f64,
}

/// `ClassMap` of `gradcam.d.ts`: the map by `method` at `layer`, of the class `target`, over the crop of `geometry`.
pub(super) fn map_object(
    map: &Map,
    layer: &str,
    method: Method,
    target: usize,
    geometry: &CropGeometry,
) -> Result<JsValue, JsValue> {
    let peak = map.peak();
    let [x, y] = geometry.locate([peak.row, peak.column], [map.height, map.width]);
    let facts = object(&MapFacts {
        width: map.width,
        height: map.height,
        layer,
        method: method.name(),
        target,
        unit: method.unit().name(),
        minimum: map.minimum(),
        maximum: map.maximum(),
        peak: PeakFacts { row: peak.row, column: peak.column, value: peak.value, x, y },
        blank: map.is_blank(),
    })?;
    Reflect::set(&facts, &"values".into(), &Float32Array::from(map.values.as_slice()))?;
    Ok(facts)
}
