//! Files that other programs read.

use super::{failure, picture};
use crate::export;
use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

/// A map of `columns × rows` values as a NumPy file.
#[wasm_bindgen]
pub fn npy(values: Vec<f32>, columns: usize, rows: usize) -> Result<Vec<u8>, JsValue> {
    Ok(export::npy(&picture::map(values, columns, rows)?))
}

/// An archive of `files`, objects with `name` and `bytes`.
#[wasm_bindgen]
pub fn zip(files: Array) -> Result<Vec<u8>, JsValue> {
    let files: Vec<(String, Vec<u8>)> = files.iter().map(|file| named(&file)).collect::<Result<_, _>>()?;
    export::zip(&files).map_err(|error| failure("internal", error))
}

fn named(file: &JsValue) -> Result<(String, Vec<u8>), JsValue> {
    let name = Reflect::get(file, &"name".into())?.as_string();
    let bytes = Reflect::get(file, &"bytes".into())?.dyn_into::<Uint8Array>().ok();
    let named = name.zip(bytes.map(|bytes| bytes.to_vec()));
    named.ok_or_else(|| failure("internal", "A file of an archive needs a name and bytes."))
}
