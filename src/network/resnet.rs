//! ResNet-18 and ResNet-34 (He et al. 2015) from tensors with torchvision's names, which timm uses too.

use super::{BatchNorm, Convolution, Linear, MaxPool, Network, NetworkBuilder, NetworkError, NodeId, Shape};
use crate::weights::Weights;

/// What torchvision's classification weights are trained on: 3 × 224 × 224.
const INPUT: Shape = Shape::new(3, 224, 224);

/// Channels of each of the four stages of basic blocks.
const STAGE_CHANNELS: [usize; 4] = [64, 128, 256, 512];

/// Channels after the first convolution.
const STEM_CHANNELS: usize = 64;

/// Depths that have a name: blocks of each stage.
const DEPTHS: [(&str, [usize; 4]); 2] = [("resnet18", [2, 2, 2, 2]), ("resnet34", [3, 4, 6, 3])];

/// Builds the network. The depth is read from the tensors' names and the number of classes from the shape of
/// `fc.weight`; where the file states its architecture, the two must agree.
pub fn build(weights: &Weights) -> Result<Network, NetworkError> {
    let (architecture, blocks) = recognise(weights)?;
    let reader = Reader { weights, architecture };
    let mut builder = NetworkBuilder::new(INPUT);

    let stem =
        reader.convolution(&Filters::new("conv1", "bn1", INPUT.channels, STEM_CHANNELS, 7, 2), None, true)?;
    let stem = builder.convolution(NodeId::INPUT, stem);
    builder.name("stem", stem);
    let pool = MaxPool { kernel: 3, stride: 2, padding: 1 };
    let mut node = builder.max_pool(stem, pool);
    builder.name("maxpool", node);

    let mut channels = STEM_CHANNELS;
    for (stage, (&out_channels, &count)) in STAGE_CHANNELS.iter().zip(&blocks).enumerate() {
        for block in 0..count {
            let name = format!("layer{}.{block}", stage + 1);
            let stride = if block == 0 && stage > 0 { 2 } else { 1 };
            node = basic_block(&mut builder, &reader, &name, node, channels, out_channels, stride)?;
            builder.name(name, node);
            channels = out_channels;
        }
    }

    let pooled = builder.global_average_pool(node);
    builder.linear(pooled, reader.linear("fc", channels)?);
    Ok(builder.finish(architecture))
}

/// Two 3 × 3 convolutions and a shortcut: `relu(conv2(relu(conv1(x))) + shortcut(x))`.
fn basic_block(
    builder: &mut NetworkBuilder,
    reader: &Reader,
    name: &str,
    input: NodeId,
    in_channels: usize,
    out_channels: usize,
    stride: usize,
) -> Result<NodeId, NetworkError> {
    let part = |part: &str| format!("{name}.{part}");
    let shortcut = if stride == 1 && in_channels == out_channels {
        input
    } else {
        let filters =
            Filters::new(part("downsample.0"), part("downsample.1"), in_channels, out_channels, 1, stride);
        builder.convolution(input, reader.convolution(&filters, None, false)?)
    };
    let filters = Filters::new(part("conv1"), part("bn1"), in_channels, out_channels, 3, stride);
    let inner = builder.convolution(input, reader.convolution(&filters, None, true)?);
    let filters = Filters::new(part("conv2"), part("bn2"), out_channels, out_channels, 3, 1);
    Ok(builder.convolution(inner, reader.convolution(&filters, Some(shortcut), true)?))
}

/// Names and sizes of a convolution and its BatchNorm.
struct Filters {
    convolution: String,
    batch_norm: String,
    in_channels: usize,
    out_channels: usize,
    kernel: usize,
    stride: usize,
}

impl Filters {
    fn new(
        convolution: impl Into<String>,
        batch_norm: impl Into<String>,
        in_channels: usize,
        out_channels: usize,
        kernel: usize,
        stride: usize,
    ) -> Self {
        Self {
            convolution: convolution.into(),
            batch_norm: batch_norm.into(),
            in_channels,
            out_channels,
            kernel,
            stride,
        }
    }
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
        let &Filters { in_channels, out_channels, kernel, stride, .. } = filters;
        let name = format!("{}.weight", filters.convolution);
        let shape = [out_channels, in_channels, kernel, kernel];
        let mut weight = self.weights.tensor(self.architecture, &name, &shape)?;
        let batch_norm =
            BatchNorm::from_weights(self.weights, self.architecture, &filters.batch_norm, out_channels)?;
        let bias = batch_norm.fold(&mut weight);
        Ok(Convolution { weight, bias, kernel, stride, padding: kernel / 2, residual, relu })
    }

    /// A linear layer with as many outputs as its weight has rows.
    fn linear(&self, name: &str, features: usize) -> Result<Linear, NetworkError> {
        let weight_name = format!("{name}.weight");
        let classes = match self.weights.shape(&weight_name).as_deref() {
            Some(&[classes, _]) if classes > 0 => classes,
            // Any other shape, or none: `tensor` below says what is wrong with it.
            _ => 1,
        };
        let weight = self.weights.tensor(self.architecture, &weight_name, &[classes, features])?;
        let bias = self.weights.tensor(self.architecture, &format!("{name}.bias"), &[classes])?;
        Ok(Linear { weight, bias })
    }
}

/// Architecture and blocks of each stage, from the tensors' names.
fn recognise(weights: &Weights) -> Result<(&'static str, [usize; 4]), NetworkError> {
    let not = |reason: String| Err(NetworkError::Architecture { reason });
    if !weights.contains("conv1.weight") && !weights.contains("layer1.0.conv1.weight") {
        return not("it has neither “conv1.weight” nor “layer1.0.conv1.weight”".to_string());
    }
    if weights.contains("layer1.0.conv3.weight") {
        return not("its blocks have three convolutions, as in ResNet-50 and deeper".to_string());
    }
    let blocks = [1, 2, 3, 4].map(|stage| {
        (0..).take_while(|block| weights.contains(&format!("layer{stage}.{block}.conv1.weight"))).count()
    });
    let recognised = DEPTHS.iter().find(|(_, depth)| *depth == blocks);
    match (weights.architecture(), recognised) {
        (Some(stated), Some((name, _))) if stated == *name => Ok((name, blocks)),
        (None, Some((name, _))) => Ok((name, blocks)),
        // One block more or less is a missing tensor rather than another network: build what is stated, and the
        // tensor that is missing will be named.
        (Some(stated), _) => match DEPTHS.iter().find(|(name, _)| *name == stated) {
            Some(&(name, depth)) => Ok((name, depth)),
            None => not(format!("the file says it is a “{stated}”")),
        },
        (None, None) => not(format!("it has {blocks:?} blocks in its four stages")),
    }
}
