//! Networks that nobody trained: their weights follow a formula, so that PyTorch's answers need no model file beside them.

use super::checkpoint;
use super::random::uniform;
use super::reference::Reference;
use super::resnet::{RESNET34, RESNET50, RESNEXT50, Resnet};
use gradcam::families;
use gradcam::network::{Network, Node};
use gradcam::weights::Weights;
use safetensors::{Dtype, View};
use std::borrow::Cow;

/// Classes that the networks of the fixtures have.
const CLASSES: usize = 7;

/// A network of torchvision's whose weights follow the formula of `tools/make_reference_fixtures.py`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untrained {
    ResNet34,
    ResNet50,
    ResNext50,
}

impl Untrained {
    /// As torchvision calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ResNet34 => "resnet34",
            Self::ResNet50 => "resnet50",
            Self::ResNext50 => "resnext50_32x4d",
        }
    }

    fn resnet(self) -> Resnet {
        match self {
            Self::ResNet34 => RESNET34,
            Self::ResNet50 => RESNET50,
            Self::ResNext50 => RESNEXT50,
        }
    }

    /// A tensor's values.
    fn values(self, name: &str, shape: &[usize]) -> impl Iterator<Item = f32> {
        let count: usize = shape.iter().product();
        (0..count as u32).map(move |index| self.value(name, shape, uniform(name, index)) as f32)
    }

    /// The value that `u`, uniform in [0, 1), stands for in the tensor of this name.
    fn value(self, name: &str, shape: &[usize], u: f64) -> f64 {
        // At the end of a block's branch; larger ones would grow from block to block.
        let last_norm = format!("bn{}.weight", self.resnet().block.len());
        if name == "fc.weight" {
            (2.0 * u - 1.0) * (3.0 / shape[1] as f64).sqrt()
        } else if name.ends_with("running_mean") || name.ends_with("bias") {
            0.2 * (u - 0.5)
        } else if let [_, channels, height, width] = shape {
            // The channels are those of a group.
            (2.0 * u - 1.0) * (6.0 / (channels * height * width) as f64).sqrt()
        } else if name.ends_with(&last_norm) {
            0.3 * (0.5 + u)
        } else {
            0.5 + u
        }
    }

    /// The sum of the bit patterns of all weights.
    pub fn checksum(self, classes: usize) -> u64 {
        let tensors = self.resnet().tensors(classes);
        let values = tensors.iter().flat_map(|(name, shape)| self.values(name, shape));
        values.fold(0, |sum, value| sum.wrapping_add(u64::from(value.to_bits())))
    }

    /// The network as a `.safetensors` file. One tensor at a time is in memory beside it.
    pub fn safetensors(self, classes: usize) -> Vec<u8> {
        let tensors = self.resnet().tensors(classes);
        let views = tensors.iter().map(|(name, shape)| (name, Generated { network: self, name, shape }));
        safetensors::serialize(views, None).expect("a model file")
    }

    /// The network as PyTorch's `torch.save(model.state_dict(), path)` writes it.
    pub fn checkpoint(self, classes: usize) -> Vec<u8> {
        let bytes = |name: &str, shape: &[usize]| self.values(name, shape).flat_map(f32::to_le_bytes).collect();
        checkpoint::state_dict(&self.resnet().tensors(classes), bytes)
    }
}

/// A tensor whose bytes are made when they are asked for.
struct Generated<'a> {
    network: Untrained,
    name: &'a str,
    shape: &'a [usize],
}

impl View for Generated<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.network.values(self.name, self.shape).flat_map(f32::to_le_bytes).collect()
    }

    fn data_len(&self) -> usize {
        4 * self.shape.iter().product::<usize>()
    }
}

/// The network of a fixture, as it is read from a `.safetensors` file. Read from PyTorch's own format it is the same to the
/// last bit, so that what is measured of the one holds for the other. No two files are in memory at a time.
pub fn untrained_network(untrained: Untrained, reference: &Reference) -> Network {
    let sum = untrained.checksum(CLASSES).to_string();
    assert_eq!(sum, reference.metadata("weights_checksum"), "the formula for the weights");
    let build = |model: &[u8]| families::build(&Weights::read(model).expect("a model file")).expect("a ResNet");
    let network = build(&untrained.safetensors(CLASSES));
    let other = build(&untrained.checkpoint(CLASSES));
    assert!(network.has_same_graph(&other), "the same graph");
    for (own, other) in network.nodes().iter().zip(other.nodes()) {
        assert!(parameters(own) == parameters(other), "the same parameters");
    }
    network
}

/// All parameters of a node, one after the other.
fn parameters(node: &Node) -> Vec<f32> {
    let mut all = Vec::new();
    node.operation.with_parameters(&mut |values| {
        all.extend_from_slice(values);
        values.to_vec()
    });
    all
}
