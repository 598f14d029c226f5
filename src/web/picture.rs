//! Maps in colours.

use super::failure;
use crate::cam::Map;
use crate::render::{self, Scale};
use wasm_bindgen::prelude::*;

/// The map in colours: `width × height` pixels of opaque RGBA. `columns × rows` is the map's own size, and `end` the value
/// at the end of a scale that it shares with others.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments, reason = "JavaScript has a map as its numbers")]
pub fn heatmap(
    values: Vec<f32>,
    columns: usize,
    rows: usize,
    colors: &str,
    scale: &str,
    end: Option<f32>,
    width: usize,
    height: usize,
) -> Result<Vec<u8>, JsValue> {
    let map = map(values, columns, rows)?;
    let colors = colors.parse().map_err(|error| failure("internal", error))?;
    let scale: Scale = scale.parse().map_err(|error| failure("internal", error))?;
    let shared = end.and_then(|end| scale.range_to(end));
    Ok(render::heatmap(&map, colors, scale, shared, width, height))
}

/// A map from its numbers.
pub(super) fn map(values: Vec<f32>, columns: usize, rows: usize) -> Result<Map, JsValue> {
    if columns == 0 || rows == 0 || values.len() != columns * rows {
        return Err(failure("internal", format!("A map of {columns} × {rows} needs as many values.")));
    }
    Ok(Map { width: columns, height: rows, values })
}

/// `count` pixels of opaque RGBA, from the low end of the colours to the high end.
#[wasm_bindgen]
pub fn legend(colors: &str, scale: &str, count: usize) -> Result<Vec<u8>, JsValue> {
    let colors = colors.parse().map_err(|error| failure("internal", error))?;
    let scale: Scale = scale.parse().map_err(|error| failure("internal", error))?;
    Ok(render::legend(colors, scale, count))
}
