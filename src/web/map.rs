//! A map as JavaScript sees it.

use super::{Geometry, object};
use crate::cam::Map;
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

/// What a map is of.
pub(super) struct Subject<'a> {
    /// Name of the layer.
    pub layer: &'a str,
    /// Name of the method.
    pub method: &'static str,
    /// Index of the class.
    pub target: usize,
    /// Name of the unit of its values.
    pub unit: &'static str,
}

/// `ClassMap` of `gradcam.d.ts`.
pub(super) fn map_object(map: &Map, subject: Subject, geometry: &Geometry) -> Result<JsValue, JsValue> {
    let peak = map.peak();
    let [x, y, width, height] = geometry.crop;
    let centre = |cell: usize, cells: usize| (cell as f64 + 0.5) / cells as f64;
    let facts = object(&MapFacts {
        width: map.width,
        height: map.height,
        layer: subject.layer,
        method: subject.method,
        target: subject.target,
        unit: subject.unit,
        minimum: map.minimum(),
        maximum: map.maximum(),
        peak: PeakFacts {
            row: peak.row,
            column: peak.column,
            value: peak.value,
            x: x + width * centre(peak.column, map.width),
            y: y + height * centre(peak.row, map.height),
        },
        blank: map.is_blank(),
    })?;
    Reflect::set(&facts, &"values".into(), &Float32Array::from(map.values.as_slice()))?;
    Ok(facts)
}
