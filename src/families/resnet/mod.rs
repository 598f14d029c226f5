//! ResNets (He et al. 2015), wide ones (Zagoruyko and Komodakis 2016) and ResNeXts (Xie et al. 2017) from tensors with
//! torchvision's names, which timm uses too. The bottlenecks are torchvision's and timm's: the 3 × 3 convolution has the
//! stride ("version 1.5").

mod architecture;

use super::{BatchNorm, Family, FamilyError};
use crate::network::{
    Activation, Add, Convolution, GlobalAveragePool, Linear, MapShape, MaxPool, Network, NetworkBuilder, NodeId,
    Window,
};
use crate::weights::Weights;
use architecture::{Architecture, BranchPart, Width, recognise};
use std::collections::HashSet;
use std::sync::Arc;

/// The family's line in the list.
pub(super) const FAMILY: Family = Family {
    networks: "ResNet-18, 34, 50, 101 or 152, nor a wide ResNet or ResNeXt of torchvision's",
    anchor: ANCHOR,
    // A deep stem, say, has its parts in the place of “conv1.weight”.
    recognises: |weights| weights.contains("conv1.weight") || weights.contains(ANCHOR),
    build,
};

const ANCHOR: &str = "layer1.0.conv1.weight";

/// What torchvision's classification weights are trained on: 3 × 224 × 224.
const INPUT: MapShape = MapShape::new(3, 224, 224);

/// What PyTorch adds to the variance of a BatchNorm by default.
const EPSILON: f64 = 1e-5;

/// Channels within the blocks of each of the four stages.
const STAGE_CHANNELS: [usize; 4] = [64, 128, 256, 512];

/// Channels after the first convolution.
const STEM_CHANNELS: usize = 64;

/// Builds the network. The depth is read from the tensors' names and the number of classes from the shape of the last
/// layer's weight; where the file states its architecture, the two must agree. Tensors that a ResNet of that depth does
/// not have are refused: the network that they belong to would compute something else.
fn build(weights: &Weights) -> Result<Network, FamilyError> {
    let architecture = recognise(weights)?;
    let stem = Filters {
        convolution: "conv1".into(),
        batch_norm: "bn1".into(),
        channels: [INPUT.channels, STEM_CHANNELS],
        kernel: 7,
        stride: 2,
        groups: 1,
    };
    let blocks = blocks(&architecture);
    let head = Head::new(weights, STAGE_CHANNELS[3] * architecture.kind.expansion());
    let of_blocks = blocks.iter().flat_map(|block| block.branch.iter().chain(&block.shortcut));
    let expected = [&stem].into_iter().chain(of_blocks).flat_map(Filters::tensors).chain(head.tensors());
    check(weights, architecture.name, &expected.collect::<Vec<_>>())?;

    let reader = Reader { weights, architecture: architecture.name };
    let mut builder = NetworkBuilder::new(INPUT);
    let node = reader.append(&mut builder, &stem, ["stem/conv1", "stem/bn1"], NodeId::INPUT)?;
    let node = builder.push("stem/relu", Activation::Relu, &[node])?;
    let mut node = builder.push("maxpool", MaxPool::square(3, 2, 1), &[node])?;
    for block in &blocks {
        node = block.append(&mut builder, &reader, node)?;
    }
    let node = builder.push("avgpool", GlobalAveragePool, &[node])?;
    let logits = builder.push("fc", reader.linear(&head)?, &[node])?;
    Ok(builder.finish(architecture.name, logits)?)
}

/// Convolutions one after the other, and a shortcut past them: `relu(branch(x) + shortcut(x))`. All but the last convolution
/// of the branch have a ReLU of their own.
struct Block {
    name: String,
    branch: Vec<Filters>,
    /// Where the shape changes: else the shortcut is the identity.
    shortcut: Option<Filters>,
}

/// All blocks, in their order.
fn blocks(architecture: &Architecture) -> Vec<Block> {
    let mut all = Vec::new();
    let mut channels = STEM_CHANNELS;
    for (stage, (&stage_channels, &count)) in STAGE_CHANNELS.iter().zip(&architecture.blocks).enumerate() {
        for block in 0..count {
            let name = format!("layer{}.{block}", stage + 1);
            let stride = if block == 0 && stage > 0 { 2 } else { 1 };
            all.push(Block::new(architecture, name, channels, stage_channels, stride));
            channels = architecture.channels(Width::Expanded, stage_channels);
        }
    }
    all
}

impl Block {
    fn new(architecture: &Architecture, name: String, from: usize, stage_channels: usize, stride: usize) -> Self {
        let part = |part: &str| format!("{name}.{part}");
        let mut channels = from;
        let mut branch = Vec::new();
        for (index, &BranchPart { kernel, is_strided, width }) in architecture.kind.branch().iter().enumerate() {
            let to = architecture.channels(width, stage_channels);
            branch.push(Filters {
                convolution: part(&format!("conv{}", index + 1)),
                batch_norm: part(&format!("bn{}", index + 1)),
                channels: [channels, to],
                kernel,
                stride: if is_strided { stride } else { 1 },
                groups: if kernel == 3 { architecture.groups } else { 1 },
            });
            channels = to;
        }
        let shortcut = (stride != 1 || from != channels).then(|| Filters {
            convolution: part("downsample.0"),
            batch_norm: part("downsample.1"),
            channels: [from, channels],
            kernel: 1,
            stride,
            groups: 1,
        });
        Self { name, branch, shortcut }
    }

    /// The shortcut comes first, so that the last convolution of the branch can take the sum.
    fn append(&self, builder: &mut NetworkBuilder, reader: &Reader, input: NodeId) -> Result<NodeId, FamilyError> {
        let name = |part: &str| format!("{}/{part}", self.name);
        let shortcut = match &self.shortcut {
            Some(filters) => {
                reader.append(builder, filters, [&name("downsample.0"), &name("downsample.1")], input)?
            }
            None => input,
        };
        let mut node = input;
        for (index, filters) in self.branch.iter().enumerate() {
            if index > 0 {
                node = builder.push(name(&format!("relu{index}")), Activation::Relu, &[node])?;
            }
            let names = ["conv", "bn"].map(|part| name(&format!("{part}{}", index + 1)));
            node = reader.append(builder, filters, names.each_ref().map(String::as_str), node)?;
        }
        node = builder.push(name("add"), Add, &[node, shortcut])?;
        Ok(builder.push(name("relu"), Activation::Relu, &[node])?)
    }
}

/// Names and sizes of a convolution and its BatchNorm.
struct Filters {
    convolution: String,
    batch_norm: String,
    /// In and out.
    channels: [usize; 2],
    kernel: usize,
    stride: usize,
    groups: usize,
}

impl Filters {
    /// `[out, in / groups, kernel, kernel]`.
    fn shape(&self) -> [usize; 4] {
        let [from, to] = self.channels;
        [to, from / self.groups, self.kernel, self.kernel]
    }

    /// Names and shapes of the tensors that are read.
    fn tensors(&self) -> impl Iterator<Item = (String, Vec<usize>)> {
        let [_, to] = self.channels;
        let weight = (format!("{}.weight", self.convolution), self.shape().to_vec());
        let of_batch_norm = BatchNorm::TENSORS.map(|part| (format!("{}.{part}", self.batch_norm), vec![to]));
        [weight].into_iter().chain(of_batch_norm)
    }
}

/// The last layer, which is linear.
struct Head {
    /// `fc`, or `fc.1`, say, where a dropout comes before it.
    name: String,
    classes: usize,
    features: usize,
}

impl Head {
    /// With as many classes as the weight has rows.
    fn new(weights: &Weights, features: usize) -> Self {
        let within_sequence = |name: &str| {
            let index = name.strip_prefix("fc.")?.strip_suffix(".weight")?;
            let is_linear = index.bytes().all(|byte| byte.is_ascii_digit()) && weights.shape(name)?.len() == 2;
            is_linear.then(|| format!("fc.{index}"))
        };
        let found = if weights.contains("fc.weight") { None } else { weights.names().find_map(within_sequence) };
        let name = found.unwrap_or_else(|| "fc".to_string());
        let classes = match weights.shape(&format!("{name}.weight")) {
            Some(&[classes, _]) if classes > 0 => classes,
            // Any other shape, or none: `check` says what is wrong with it.
            _ => 1,
        };
        Self { name, classes, features }
    }

    /// Names and shapes of the tensors that are read.
    fn tensors(&self) -> [(String, Vec<usize>); 2] {
        let &Self { ref name, classes, features } = self;
        [(format!("{name}.weight"), vec![classes, features]), (format!("{name}.bias"), vec![classes])]
    }
}

/// Refuses a model before any of it is read: for a tensor that has a ResNet's name and no place in this one, and for one
/// that is missing or is not as it should be. Tensors of other names belong to something beside the network, such as a
/// second head that is of use in training only.
fn check(weights: &Weights, architecture: &str, expected: &[(String, Vec<usize>)]) -> Result<(), FamilyError> {
    let names: HashSet<&str> = expected.iter().map(|(name, _)| &**name).collect();
    let surplus = weights
        .names()
        .find(|name| is_of_the_family(name) && !names.contains(name) && !name.ends_with(".num_batches_tracked"));
    if let Some(name) = surplus {
        let [name, architecture] = [name, architecture].map(str::to_string);
        return Err(FamilyError::Surplus { name, architecture });
    }
    for (name, shape) in expected {
        weights.check(architecture, name, shape)?;
    }
    Ok(())
}

/// Reads operations from the tensors of one architecture.
struct Reader<'a> {
    weights: &'a Weights<'a>,
    architecture: &'static str,
}

impl Reader<'_> {
    /// Appends a convolution, padded to keep the side (divided by the stride), and its BatchNorm.
    fn append(
        &self,
        builder: &mut NetworkBuilder,
        filters: &Filters,
        [convolution, batch_norm]: [&str; 2],
        input: NodeId,
    ) -> Result<NodeId, FamilyError> {
        let &Filters { channels: [_, to], kernel, stride, groups, .. } = filters;
        let name = format!("{}.weight", filters.convolution);
        let weight = self.weights.tensor(self.architecture, &name, &filters.shape())?;
        let operation = Convolution {
            weight: Arc::new(weight),
            bias: Arc::new(vec![0.0; to]),
            window: Window::square(kernel, stride, kernel / 2),
            groups,
        };
        let node = builder.push(convolution, operation, &[input])?;
        let norm = BatchNorm::from_weights(self.weights, self.architecture, &filters.batch_norm, to, EPSILON)?;
        Ok(builder.push(batch_norm, norm.affine(), &[node])?)
    }

    fn linear(&self, head: &Head) -> Result<Linear, FamilyError> {
        let [weight, bias] =
            head.tensors().map(|(name, shape)| self.weights.tensor(self.architecture, &name, &shape));
        Ok(Linear { weight: Arc::new(weight?), bias: Arc::new(bias?) })
    }
}

/// Whether a ResNet, or a network made from one, has tensors of such a name: `conv1.…`, `bn1.…`, `layer1.…`, `fc.…`.
fn is_of_the_family(name: &str) -> bool {
    let (first, _) = name.split_once('.').unwrap_or((name, ""));
    let stage = first.strip_prefix("layer").unwrap_or_default();
    let is_stage = !stage.is_empty() && stage.bytes().all(|byte| byte.is_ascii_digit());
    is_stage || ["conv1", "bn1", "fc"].contains(&first)
}
