//! The model as JavaScript sees it, and what JavaScript may say of it.

use super::{Session, failure, object, parse, refusal};
use crate::model::{Model, ModelOptions};
use crate::network::Operation;
use crate::photo::Preprocessing;
use crate::weights::parse_labels;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    labels: Option<Vec<String>>,
    input_size: Option<u32>,
    resize: Option<u32>,
    mean: Option<[f32; 3]>,
    std: Option<[f32; 3]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelFacts<'a> {
    architecture: &'a str,
    labels: &'a [String],
    layers: Vec<LayerFacts<'a>>,
    parameters: usize,
    input_size: u32,
    resize: u32,
    mean: [f32; 3],
    std: [f32; 3],
}

#[derive(Serialize)]
struct LayerFacts<'a> {
    name: &'a str,
    height: usize,
    width: usize,
    channels: usize,
}

/// Reads a model file, with `LoadOptions` of `gradcam.d.ts`.
pub(super) fn read(file: &[u8], options: JsValue) -> Result<Model, JsValue> {
    let Options { labels, input_size, resize, mean, std } = parse(options)?;
    let options = ModelOptions { labels, input_size, resize, mean, std };
    Model::read(file, options).map_err(|error| refusal(error.into()))
}

#[wasm_bindgen]
impl Session {
    /// `Model` of `gradcam.d.ts`, but for the hash of its file.
    pub fn model(&self) -> Result<JsValue, JsValue> {
        let network = self.cam.network();
        let layers = network
            .layers()
            .iter()
            .map(|layer| {
                let shape = network.node(layer.node).shape;
                LayerFacts {
                    name: &layer.name,
                    height: shape.height,
                    width: shape.width,
                    channels: shape.channels,
                }
            })
            .collect();
        let &Preprocessing { resize, crop, mean, std } = self.cam.preprocessing();
        object(&ModelFacts {
            architecture: network.architecture(),
            labels: network.labels(),
            layers,
            parameters: network.nodes().iter().map(|node| parameters(&node.operation)).sum(),
            input_size: crop,
            resize,
            mean,
            std,
        })
    }
}

/// Weights and biases, BatchNorm folded in.
fn parameters(operation: &Operation) -> usize {
    match operation {
        Operation::Convolution(convolution) => convolution.weight.len() + convolution.bias.len(),
        Operation::Linear(linear) => linear.weight.len() + linear.bias.len(),
        Operation::Input | Operation::MaxPool(_) | Operation::GlobalAveragePool => 0,
    }
}

/// The class names in a file's text: JSON, or one a line.
#[wasm_bindgen(js_name = parseLabels)]
pub fn labels_in(text: &str) -> Result<Vec<String>, JsValue> {
    parse_labels(text).map_err(|error| failure(error.code(), error))
}
