//! ResNet-18, -34, -50, -101 and -152 (He et al. 2015) from tensors with torchvision's names, which timm uses too. The
//! bottlenecks are torchvision's and timm's: the 3 × 3 convolution has the stride ("version 1.5").

use super::{BatchNorm, Convolution, Linear, MaxPool, Network, NetworkBuilder, NetworkError, NodeId, Shape};
use crate::weights::{Weights, quoted};
use std::collections::HashSet;

/// What torchvision's classification weights are trained on: 3 × 224 × 224.
const INPUT: Shape = Shape::new(3, 224, 224);

/// Channels within the blocks of each of the four stages.
const STAGE_CHANNELS: [usize; 4] = [64, 128, 256, 512];

/// Channels after the first convolution.
const STEM_CHANNELS: usize = 64;

/// What the blocks are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BlockKind {
    /// Two 3 × 3 convolutions.
    Basic,
    /// A 1 × 1 convolution to fewer channels, a 3 × 3 one, and a 1 × 1 one to four times as many.
    Bottleneck,
}

impl BlockKind {
    /// Channels that leave a block, for each within it.
    const fn expansion(self) -> usize {
        match self {
            Self::Basic => 1,
            Self::Bottleneck => 4,
        }
    }

    /// Kernel and expansion of each convolution of a block's branch, and whether it has the block's stride.
    const fn branch(self) -> &'static [(usize, usize, bool)] {
        match self {
            Self::Basic => &[(3, 1, true), (3, 1, false)],
            Self::Bottleneck => &[(1, 1, false), (3, 1, true), (1, 4, false)],
        }
    }
}

/// A depth that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Architecture {
    name: &'static str,
    kind: BlockKind,
    /// Blocks of each stage.
    blocks: [usize; 4],
}

const ARCHITECTURES: [Architecture; 5] = [
    Architecture { name: "resnet18", kind: BlockKind::Basic, blocks: [2, 2, 2, 2] },
    Architecture { name: "resnet34", kind: BlockKind::Basic, blocks: [3, 4, 6, 3] },
    Architecture { name: "resnet50", kind: BlockKind::Bottleneck, blocks: [3, 4, 6, 3] },
    Architecture { name: "resnet101", kind: BlockKind::Bottleneck, blocks: [3, 4, 23, 3] },
    Architecture { name: "resnet152", kind: BlockKind::Bottleneck, blocks: [3, 8, 36, 3] },
];

/// Builds the network. The depth is read from the tensors' names and the number of classes from the shape of the last
/// layer's weight; where the file states its architecture, the two must agree. Tensors that a ResNet of that depth does
/// not have are refused: the network that they belong to would compute something else.
pub fn build(weights: &Weights) -> Result<Network, NetworkError> {
    let architecture = recognise(weights)?;
    let stem = Filters::new("conv1", "bn1", [INPUT.channels, STEM_CHANNELS], 7, 2);
    let blocks = blocks(architecture);
    let head = Head::new(weights, STAGE_CHANNELS[3] * architecture.kind.expansion());
    let of_blocks = blocks.iter().flat_map(|block| block.branch.iter().chain(&block.shortcut));
    let expected = [&stem].into_iter().chain(of_blocks).flat_map(Filters::tensors).chain(head.tensors());
    check(weights, architecture.name, &expected.collect::<Vec<_>>())?;

    let reader = Reader { weights, architecture: architecture.name };
    let mut builder = NetworkBuilder::new(INPUT);
    let stem = builder.convolution(NodeId::INPUT, reader.convolution(&stem, None, true)?);
    builder.name("stem", stem);
    let mut node = builder.max_pool(stem, MaxPool { kernel: 3, stride: 2, padding: 1 });
    builder.name("maxpool", node);
    for block in &blocks {
        node = block.append(&mut builder, &reader, node)?;
        builder.name(&block.name, node);
    }
    let pooled = builder.global_average_pool(node);
    builder.linear(pooled, reader.linear(&head)?);
    Ok(builder.finish(architecture.name))
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
fn blocks(Architecture { kind, blocks, .. }: Architecture) -> Vec<Block> {
    let mut all = Vec::new();
    let mut channels = STEM_CHANNELS;
    for (stage, (&inner, &count)) in STAGE_CHANNELS.iter().zip(&blocks).enumerate() {
        for block in 0..count {
            let name = format!("layer{}.{block}", stage + 1);
            let stride = if block == 0 && stage > 0 { 2 } else { 1 };
            all.push(Block::new(kind, name, [channels, inner], stride));
            channels = inner * kind.expansion();
        }
    }
    all
}

impl Block {
    fn new(kind: BlockKind, name: String, [from, inner]: [usize; 2], stride: usize) -> Self {
        let part = |part: &str| format!("{name}.{part}");
        let mut channels = from;
        let mut branch = Vec::new();
        for (index, &(kernel, expansion, strided)) in kind.branch().iter().enumerate() {
            let [convolution, batch_norm] = ["conv", "bn"].map(|kind| part(&format!("{kind}{}", index + 1)));
            let to = inner * expansion;
            branch.push(Filters::new(
                convolution,
                batch_norm,
                [channels, to],
                kernel,
                if strided { stride } else { 1 },
            ));
            channels = to;
        }
        let shortcut = (stride != 1 || from != channels)
            .then(|| Filters::new(part("downsample.0"), part("downsample.1"), [from, channels], 1, stride));
        Self { name, branch, shortcut }
    }

    fn append(
        &self,
        builder: &mut NetworkBuilder,
        reader: &Reader,
        input: NodeId,
    ) -> Result<NodeId, NetworkError> {
        let shortcut = match &self.shortcut {
            Some(filters) => builder.convolution(input, reader.convolution(filters, None, false)?),
            None => input,
        };
        let mut node = input;
        for (index, filters) in self.branch.iter().enumerate() {
            let residual = (index + 1 == self.branch.len()).then_some(shortcut);
            node = builder.convolution(node, reader.convolution(filters, residual, true)?);
        }
        Ok(node)
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
}

impl Filters {
    fn new(
        convolution: impl Into<String>,
        batch_norm: impl Into<String>,
        channels: [usize; 2],
        kernel: usize,
        stride: usize,
    ) -> Self {
        Self { convolution: convolution.into(), batch_norm: batch_norm.into(), channels, kernel, stride }
    }

    /// Names and shapes of the tensors that are read.
    fn tensors(&self) -> impl Iterator<Item = (String, Vec<usize>)> {
        let [from, to] = self.channels;
        let weight = (format!("{}.weight", self.convolution), vec![to, from, self.kernel, self.kernel]);
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
fn check(weights: &Weights, architecture: &str, expected: &[(String, Vec<usize>)]) -> Result<(), NetworkError> {
    let names: HashSet<&str> = expected.iter().map(|(name, _)| &**name).collect();
    let surplus = weights
        .names()
        .find(|name| is_of_the_family(name) && !names.contains(name) && !name.ends_with(".num_batches_tracked"));
    if let Some(name) = surplus {
        let [name, architecture] = [name, architecture].map(str::to_string);
        return Err(NetworkError::Surplus { name, architecture });
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
    /// A convolution with its BatchNorm folded in, padded to keep the side (divided by the stride).
    fn convolution(
        &self,
        filters: &Filters,
        residual: Option<NodeId>,
        relu: bool,
    ) -> Result<Convolution, NetworkError> {
        let &Filters { channels: [from, to], kernel, stride, .. } = filters;
        let name = format!("{}.weight", filters.convolution);
        let mut weight = self.weights.tensor(self.architecture, &name, &[to, from, kernel, kernel])?;
        let batch_norm = BatchNorm::from_weights(self.weights, self.architecture, &filters.batch_norm, to)?;
        let bias = batch_norm.fold(&mut weight);
        Ok(Convolution { weight, bias, kernel, stride, padding: kernel / 2, residual, relu })
    }

    fn linear(&self, head: &Head) -> Result<Linear, NetworkError> {
        let [weight, bias] =
            head.tensors().map(|(name, shape)| self.weights.tensor(self.architecture, &name, &shape));
        Ok(Linear { weight: weight?, bias: bias? })
    }
}

/// Whether a ResNet, or a network made from one, has tensors of such a name: `conv1.…`, `bn1.…`, `layer1.…`, `fc.…`.
fn is_of_the_family(name: &str) -> bool {
    let (first, _) = name.split_once('.').unwrap_or((name, ""));
    let stage = first.strip_prefix("layer").unwrap_or_default();
    let is_stage = !stage.is_empty() && stage.bytes().all(|byte| byte.is_ascii_digit());
    is_stage || ["conv1", "bn1", "fc"].contains(&first)
}

/// The architecture, from the tensors' names.
fn recognise(weights: &Weights) -> Result<Architecture, NetworkError> {
    let not = |reason: String| Err(NetworkError::Architecture { reason });
    if !weights.contains("conv1.weight") && !weights.contains("layer1.0.conv1.weight") {
        // A deep stem, say, has its parts in the place of “conv1.weight”.
        let found = match weights.names().next() {
            Some(name) => format!("it has {}, for example, but no", quoted(name)),
            None => "it has no".to_string(),
        };
        return not(format!("{found} “layer1.0.conv1.weight”"));
    }
    let kind = match weights.contains("layer1.0.conv3.weight") {
        true => BlockKind::Bottleneck,
        false => BlockKind::Basic,
    };
    let blocks = [1, 2, 3, 4].map(|stage| {
        (0..).take_while(|block| weights.contains(&format!("layer{stage}.{block}.conv1.weight"))).count()
    });
    let recognised = ARCHITECTURES.into_iter().find(|known| known.kind == kind && known.blocks == blocks);
    match (weights.architecture(), recognised) {
        (None, Some(recognised)) => Ok(recognised),
        (None, None) => {
            let convolutions = kind.branch().len();
            not(format!("its four stages have {blocks:?} blocks of {convolutions} convolutions"))
        }
        // Where the tensors are those of another, build what is stated: one that is missing, or one too many, will be named.
        (Some(stated), _) => match ARCHITECTURES.into_iter().find(|known| known.name == plain(stated)) {
            Some(stated) => Ok(stated),
            None => not(format!("the file says it is a {}", quoted(stated))),
        },
    }
}

/// An architecture's name without what it may come with: `timm/ResNet-50.a1_in1k` is `resnet50`.
fn plain(stated: &str) -> String {
    let name = stated.rsplit('/').next().unwrap_or_default();
    let name = name.split('.').next().unwrap_or_default();
    name.chars().filter(|c| !['-', '_'].contains(c)).collect::<String>().to_lowercase()
}
