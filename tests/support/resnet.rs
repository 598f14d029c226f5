//! The tensors of torchvision's ResNets.

/// A ResNet by what its blocks are made of, and how many of them each stage has.
#[derive(Debug, Clone, Copy)]
pub struct Resnet {
    /// Kernel of each convolution of a block, and how many times the stage's channels leave it.
    pub block: &'static [(usize, usize)],
    pub depth: [usize; 4],
    /// Groups of the 3 × 3 convolution of bottlenecks, and channels of each where the stage has 64.
    pub groups: usize,
    pub width: usize,
}

const BASIC: &[(usize, usize)] = &[(3, 1), (3, 1)];
const BOTTLENECK: &[(usize, usize)] = &[(1, 1), (3, 1), (1, 4)];

pub const RESNET18: Resnet = Resnet { block: BASIC, depth: [2, 2, 2, 2], groups: 1, width: 64 };
pub const RESNET34: Resnet = Resnet { block: BASIC, depth: [3, 4, 6, 3], groups: 1, width: 64 };
pub const RESNET50: Resnet = Resnet { block: BOTTLENECK, depth: [3, 4, 6, 3], groups: 1, width: 64 };
pub const RESNET101: Resnet = Resnet { block: BOTTLENECK, depth: [3, 4, 23, 3], groups: 1, width: 64 };
pub const RESNET152: Resnet = Resnet { block: BOTTLENECK, depth: [3, 8, 36, 3], groups: 1, width: 64 };

pub const WIDE_RESNET50: Resnet = Resnet { width: 128, ..RESNET50 };
pub const WIDE_RESNET101: Resnet = Resnet { width: 128, ..RESNET101 };
pub const RESNEXT50: Resnet = Resnet { groups: 32, width: 4, ..RESNET50 };
pub const RESNEXT101_32: Resnet = Resnet { groups: 32, width: 8, ..RESNET101 };
pub const RESNEXT101_64: Resnet = Resnet { groups: 64, width: 4, ..RESNET101 };

impl Resnet {
    /// Names and shapes of the tensors, in torchvision's order, but for the counters of the BatchNorms.
    pub fn tensors(&self, classes: usize) -> Vec<(String, Vec<usize>)> {
        let mut tensors = Vec::new();
        let mut convolution = |name: String, batch_norm: String, shape: [usize; 4]| {
            tensors.push((format!("{name}.weight"), shape.to_vec()));
            for part in ["weight", "bias", "running_mean", "running_var"] {
                tensors.push((format!("{batch_norm}.{part}"), vec![shape[0]]));
            }
        };
        convolution("conv1".into(), "bn1".into(), [64, 3, 7, 7]);
        let mut channels = 64;
        for (stage, (inner, blocks)) in [64, 128, 256, 512].into_iter().zip(self.depth).enumerate() {
            for block in 0..blocks {
                let name = format!("layer{}.{block}", stage + 1);
                let mut from = channels;
                for (index, &(kernel, expansion)) in self.block.iter().enumerate() {
                    let [weight, norm] = ["conv", "bn"].map(|part| format!("{name}.{part}{}", index + 1));
                    let is_last = index + 1 == self.block.len();
                    let to = if is_last { inner * expansion } else { inner * self.width / 64 * self.groups };
                    let groups = if kernel == 3 { self.groups } else { 1 };
                    convolution(weight, norm, [to, from / groups, kernel, kernel]);
                    from = to;
                }
                if channels != from {
                    let [weight, norm] = [0, 1].map(|part| format!("{name}.downsample.{part}"));
                    convolution(weight, norm, [from, channels, 1, 1]);
                }
                channels = from;
            }
        }
        tensors.push(("fc.weight".into(), vec![classes, channels]));
        tensors.push(("fc.bias".into(), vec![classes]));
        tensors
    }
}
