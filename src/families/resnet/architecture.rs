//! Which ResNets have names, what their blocks are made of, and which one some tensors are.

use crate::families::FamilyError;
use crate::text::quoted;
use crate::weights::Weights;

/// What the blocks are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// Two 3 × 3 convolutions.
    Basic,
    /// A 1 × 1 convolution to fewer channels, a 3 × 3 one, and a 1 × 1 one to four times as many.
    Bottleneck,
}

impl BlockKind {
    /// Channels that leave a block, for each within it.
    pub const fn expansion(self) -> usize {
        match self {
            Self::Basic => 1,
            Self::Bottleneck => 4,
        }
    }

    /// The convolutions of a block's branch.
    pub const fn branch(self) -> &'static [BranchPart] {
        const FIRST: BranchPart = BranchPart { kernel: 1, is_strided: false, width: Width::Inner };
        const STRIDED: BranchPart = BranchPart { kernel: 3, is_strided: true, width: Width::Inner };
        const LAST: BranchPart = BranchPart { kernel: 1, is_strided: false, width: Width::Expanded };
        match self {
            Self::Basic => &[STRIDED, BranchPart { kernel: 3, ..LAST }],
            Self::Bottleneck => &[FIRST, STRIDED, LAST],
        }
    }
}

/// One convolution of a block's branch.
#[derive(Debug, Clone, Copy)]
pub(super) struct BranchPart {
    pub kernel: usize,
    /// Whether it has the block's stride.
    pub is_strided: bool,
    pub width: Width,
}

/// How many channels leave a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// The stage's channels, times the width.
    Inner,
    /// The stage's channels, times the expansion.
    Expanded,
}

/// An architecture that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Architecture {
    pub name: &'static str,
    pub kind: BlockKind,
    /// Blocks of each stage.
    pub blocks: [usize; 4],
    /// Groups of the 3 × 3 convolution within bottlenecks.
    pub groups: usize,
    /// Channels of each group, where the stage has 64.
    width_per_group: usize,
}

const fn plain_resnet(name: &'static str, kind: BlockKind, blocks: [usize; 4]) -> Architecture {
    Architecture { name, kind, blocks, groups: 1, width_per_group: 64 }
}

const fn grouped_resnet(
    name: &'static str,
    blocks: [usize; 4],
    groups: usize,
    width_per_group: usize,
) -> Architecture {
    Architecture { name, kind: BlockKind::Bottleneck, blocks, groups, width_per_group }
}

/// Of those with the same blocks, the plain one comes first.
const ARCHITECTURES: [Architecture; 10] = [
    plain_resnet("resnet18", BlockKind::Basic, [2, 2, 2, 2]),
    plain_resnet("resnet34", BlockKind::Basic, [3, 4, 6, 3]),
    plain_resnet("resnet50", BlockKind::Bottleneck, [3, 4, 6, 3]),
    plain_resnet("resnet101", BlockKind::Bottleneck, [3, 4, 23, 3]),
    plain_resnet("resnet152", BlockKind::Bottleneck, [3, 8, 36, 3]),
    grouped_resnet("wide_resnet50_2", [3, 4, 6, 3], 1, 128),
    grouped_resnet("wide_resnet101_2", [3, 4, 23, 3], 1, 128),
    grouped_resnet("resnext50_32x4d", [3, 4, 6, 3], 32, 4),
    grouped_resnet("resnext101_32x8d", [3, 4, 23, 3], 32, 8),
    grouped_resnet("resnext101_64x4d", [3, 4, 23, 3], 64, 4),
];

impl Architecture {
    /// Channels that leave a convolution within a block of a stage of so many.
    pub const fn channels(&self, width: Width, stage_channels: usize) -> usize {
        match width {
            Width::Inner => stage_channels * self.width_per_group / 64 * self.groups,
            Width::Expanded => stage_channels * self.kind.expansion(),
        }
    }

    /// Shape of the weight of the first block's 3 × 3 convolution in bottlenecks: out, and in of a group.
    const fn width(&self) -> [usize; 2] {
        [self.groups * self.width_per_group, self.width_per_group]
    }
}

/// The architecture, from the tensors' names, and from the shape of one where the names are the same.
pub(super) fn recognise(weights: &Weights) -> Result<Architecture, FamilyError> {
    let not = |reason: String| Err(FamilyError::Architecture { reason });
    let kind = match weights.contains("layer1.0.conv3.weight") {
        true => BlockKind::Bottleneck,
        false => BlockKind::Basic,
    };
    let blocks = [1, 2, 3, 4].map(|stage| {
        (0..).take_while(|block| weights.contains(&format!("layer{stage}.{block}.conv1.weight"))).count()
    });
    let width = weights.shape("layer1.0.conv2.weight").and_then(|shape| shape.first_chunk::<2>());
    let like = |known: &&Architecture| known.kind == kind && known.blocks == blocks;
    let recognised = ARCHITECTURES
        .iter()
        .find(|known| like(known) && width == Some(&known.width()))
        // Of no width that is known: that of the plain one will be asked for, by the name of the tensor.
        .or_else(|| ARCHITECTURES.iter().find(like));
    match (weights.architecture(), recognised) {
        (None, Some(recognised)) => Ok(*recognised),
        (None, None) => {
            let convolutions = kind.branch().len();
            not(format!("its four stages have {blocks:?} blocks of {convolutions} convolutions"))
        }
        // Where the tensors are those of another, build what is stated: one that is missing, or one too many, will be named.
        (Some(stated), _) => match ARCHITECTURES.iter().find(|known| plain(known.name) == plain(stated)) {
            Some(stated) => Ok(*stated),
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
