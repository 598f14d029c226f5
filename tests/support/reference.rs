//! PyTorch's answers for one photo, in the compact form that `tools/make_reference_fixtures.py` writes.

use gradcam::cam::Method;
use safetensors::{Dtype, SafeTensors};
use std::collections::HashMap;

/// See the tool for every key.
pub struct Reference<'bytes> {
    tensors: SafeTensors<'bytes>,
    metadata: HashMap<String, String>,
    classes: Vec<usize>,
    rounding: HashMap<String, f64>,
}

/// Some, or all, of a tensor's values.
pub struct Sample {
    pub positions: Vec<usize>,
    pub values: Vec<f32>,
}

impl Sample {
    /// The values of another tensor at the same positions.
    pub fn of(&self, values: &[f32]) -> Vec<f32> {
        self.positions.iter().map(|&position| values[position]).collect()
    }
}

impl<'bytes> Reference<'bytes> {
    pub fn new(bytes: &'bytes [u8]) -> Self {
        let (_, header) = SafeTensors::read_metadata(bytes).expect("a fixture's header");
        let metadata = header.metadata().clone().expect("a fixture's metadata");
        let classes = metadata["classes"].split(',').map(|class| class.parse().expect("a class")).collect();
        let rounding = serde_json::from_str(&metadata["rounding"]).expect("how exact each map is");
        Self { tensors: SafeTensors::deserialize(bytes).expect("a fixture"), metadata, classes, rounding }
    }

    /// The classes that maps were made for; the predicted one first.
    pub fn classes(&self) -> &[usize] {
        &self.classes
    }

    /// The crop's pixels, 3 × 224 × 224.
    pub fn pixels(&self) -> &'bytes [u8] {
        self.tensors.tensor("input").expect("the fixture has its input").data()
    }

    /// The network's input: torchvision's ToTensor and Normalize of [`pixels`](Self::pixels).
    pub fn input(&self) -> Vec<f32> {
        const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
        const STANDARD_DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];
        let pixels = self.pixels();
        let area = pixels.len() / 3;
        pixels
            .iter()
            .enumerate()
            .map(|(index, &pixel)| {
                let channel = index / area;
                (f32::from(pixel) / 255.0 - MEAN[channel]) / STANDARD_DEVIATION[channel]
            })
            .collect()
    }

    pub fn logits(&self) -> Vec<f32> {
        self.values("logits")
    }

    /// An entry of the metadata.
    pub fn metadata(&self, key: &str) -> &str {
        &self.metadata[key]
    }

    /// The raw map at `layer` for `class`.
    pub fn map(&self, layer: &str, class: usize, method: Method) -> Vec<f32> {
        self.values(&Self::map_name(layer, class, method))
    }

    /// How far that map is from the one PyTorch computes in `f64`, in relative L2: no agreement below it means anything.
    pub fn map_rounding(&self, layer: &str, class: usize, method: Method) -> f64 {
        self.rounding[&Self::map_name(layer, class, method)]
    }

    fn map_name(layer: &str, class: usize, method: Method) -> String {
        let method = match method {
            Method::GradCam => "gradcam",
            Method::HiResCam => "hirescam",
            Method::LayerCam => "layercam",
            Method::XGradCam => "xgradcam",
            Method::GradCamPlusPlus => "gradcam++",
        };
        format!("{layer}.{class}.{method}")
    }

    /// The gradient of the class's logit with respect to the input, 3 × 224 × 224; `None` where it was not stored.
    pub fn input_gradient(&self, class: usize) -> Option<Sample> {
        let name = format!("input_gradient.{class}");
        if self.tensors.tensor(&name).is_ok() {
            let values = self.values(&name);
            Some(Sample { positions: (0..values.len()).collect(), values })
        } else {
            self.sample(&name)
        }
    }

    /// The class's gradient at the input by guided backpropagation, 3 × 224 × 224; `None` where it was not stored.
    pub fn guided_gradient(&self, class: usize) -> Option<Vec<f32>> {
        let name = format!("guided.{class}");
        self.tensors.tensor(&name).is_ok().then(|| self.values(&name))
    }

    /// A sample of a layer's output.
    pub fn activation(&self, layer: &str) -> Sample {
        self.sample(&format!("{layer}.activation")).unwrap_or_else(|| panic!("the fixture has no {layer}"))
    }

    fn sample(&self, name: &str) -> Option<Sample> {
        let positions = self.tensors.tensor(&format!("{name}.positions")).ok()?;
        let (quads, _) = positions.data().as_chunks::<4>();
        Some(Sample {
            positions: quads.iter().map(|&bytes| u32::from_le_bytes(bytes) as usize).collect(),
            values: self.values(&format!("{name}.values")),
        })
    }

    /// A tensor's values; half-precision ones were divided by the tensor `{name}.scale`.
    fn values(&self, name: &str) -> Vec<f32> {
        let view = self.tensors.tensor(name).unwrap_or_else(|_| panic!("the fixture has no {name}"));
        match view.dtype() {
            Dtype::F32 => view.data().as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect(),
            Dtype::F16 => {
                let scale = self.values(&format!("{name}.scale"))[0];
                let halves = view.data().as_chunks::<2>().0.iter();
                halves.map(|&bytes| half::f16::from_le_bytes(bytes).to_f32() * scale).collect()
            }
            other => panic!("{name} is {other:?}"),
        }
    }
}
