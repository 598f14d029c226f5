//! The model as JavaScript sees it, and what JavaScript may say of it.

use super::{Session, failure, object, parse, refusal};
use crate::explain::Method;
use crate::model::{Model, ModelOptions, OutputSpec};
use crate::network::Network;
use crate::photo::InputSpec;
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
    output: Option<OutputSpec>,
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
    output: OutputSpec,
    linear_head_layer: Option<String>,
    methods: Vec<MethodFacts>,
}

/// `MethodTraits` of `gradcam.d.ts`: a row of the table of methods, and whether the network has what it takes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MethodFacts {
    name: &'static str,
    unit: &'static str,
    has_cells: bool,
    sees_layer: bool,
    sees_class: bool,
    has_sign: bool,
    guided: bool,
    has_layer_maps: bool,
    passes: Option<usize>,
    unavailable: Option<String>,
    source: String,
}

impl MethodFacts {
    fn new(method: Method, network: &Network) -> Self {
        let row = method.traits();
        Self {
            name: row.name,
            unit: row.unit.name(),
            has_cells: row.has_cells,
            sees_layer: row.sees_layer,
            sees_class: row.sees_class,
            has_sign: row.has_sign,
            guided: row.guided,
            has_layer_maps: row.has_layer_maps,
            passes: row.passes,
            unavailable: method.fits(network).err().map(|misfit| misfit.to_string()),
            source: row.source.to_string(),
        }
    }
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
    let Options { labels, input_size, resize, mean, std, output } = parse(options)?;
    let options = ModelOptions { labels, input_size, resize, mean, std, output };
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
                let shape = network.map_shape(layer.node);
                LayerFacts {
                    name: &layer.name,
                    height: shape.height,
                    width: shape.width,
                    channels: shape.channels,
                }
            })
            .collect();
        let &InputSpec { resize, crop, mean, std } = self.cam.input();
        let classes = self.cam.classes();
        object(&ModelFacts {
            architecture: network.architecture(),
            labels: &classes.labels,
            layers,
            parameters: network.parameters(),
            input_size: crop,
            resize,
            mean,
            std,
            output: classes.output,
            linear_head_layer: network.linear_head().map(|head| head.layer.name),
            methods: Method::ALL.into_iter().map(|method| MethodFacts::new(method, network)).collect(),
        })
    }
}

/// The class names in a file's text: JSON, or one a line.
#[wasm_bindgen(js_name = parseLabels)]
pub fn labels_in(text: &str) -> Result<Vec<String>, JsValue> {
    parse_labels(text).map_err(|error| failure(error.code(), error))
}
