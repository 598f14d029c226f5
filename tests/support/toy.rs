//! Small networks with all that a family of networks may come with, and that a ResNet-18 has not.

use super::random::signed;
use gradcam::network::{
    Activation, Add, Affine, AveragePool, Convolution, GlobalAveragePool, Linear, MapShape, MaxPool, Network,
    NetworkBuilder, NodeId, Operation, Rounding, Window,
};
use std::sync::Arc;

/// A convolution whose weights, by its name, keep the size of what it is applied to.
pub fn convolution(name: &str, [from, to]: [usize; 2], window: Window, groups: usize) -> Convolution {
    let inputs = from / groups;
    let scale = ((inputs * window.area()) as f32).sqrt().recip();
    let weight = signed(name, to * inputs * window.area()).iter().map(|value| 2.0 * scale * value).collect();
    Convolution { weight: Arc::new(weight), bias: Arc::new(signed(&format!("{name} bias"), to)), window, groups }
}

/// A scale and shift by its name.
pub fn affine(name: &str, channels: usize) -> Affine {
    let values = |name: &str| signed(name, channels).into_iter().map(f64::from);
    let scale = values(name).map(|value| value + 1.5).collect();
    Affine { scale: Arc::new(scale), shift: Arc::new(values(&format!("{name} shift")).collect()) }
}

/// A linear layer with weights by its name.
pub fn linear(name: &str, features: usize, classes: usize) -> Linear {
    let bias = signed(&format!("{name} bias"), classes);
    Linear { weight: Arc::new(signed(name, features * classes)), bias: Arc::new(bias) }
}

/// A builder whose nodes fit.
struct Toy(NetworkBuilder);

impl Toy {
    fn new(input: MapShape) -> Self {
        Self(NetworkBuilder::new(input))
    }

    fn push(&mut self, name: &str, operation: impl Into<Operation>, inputs: &[NodeId]) -> NodeId {
        self.0.push(name, operation, inputs).expect(name)
    }

    /// A convolution, and a ReLU after it.
    fn unit(
        &mut self,
        name: &str,
        channels: [usize; 2],
        [kernel, stride, padding]: [usize; 3],
        from: NodeId,
    ) -> NodeId {
        let node = self.push(
            &format!("{name}/convolution"),
            convolution(name, channels, Window::square(kernel, stride, padding), 1),
            &[from],
        );
        self.push(&format!("{name}/relu"), Activation::Relu, &[node])
    }

    fn finish(self, name: &str, logits: NodeId) -> Network {
        self.0.finish(name, logits).expect(name)
    }
}

/// Channels that fill no vector, maps that fill no tile, kernels of many sizes, strides that skip cells, a bottleneck
/// with a projection, one with the identity, a node that is used three times, and a linear layer over a whole map.
pub fn network() -> Network {
    let mut toy = Toy::new(MapShape::new(3, 45, 50));
    let stem = toy.unit("stem", [3, 6], [5, 1, 2], NodeId::INPUT);
    let pool = toy.push("pool", MaxPool::square(3, 2, 1), &[stem]);
    let pool = toy.push("second pool", MaxPool::square(2, 1, 0), &[pool]);

    let shortcut =
        toy.push("bottleneck/shortcut", convolution("shortcut", [6, 10], Window::square(1, 2, 0), 1), &[pool]);
    let inner = toy.unit("bottleneck/reduce", [6, 5], [1, 1, 0], pool);
    let inner = toy.unit("bottleneck/stride", [5, 5], [3, 2, 1], inner);
    let expand = convolution("expand", [5, 10], Window::square(1, 1, 0), 1);
    let inner = toy.push("bottleneck/expand", expand, &[inner]);
    let sum = toy.push("bottleneck/sum", Add, &[inner, shortcut]);
    let block = toy.push("bottleneck/relu", Activation::Relu, &[sum]);

    let inner = toy.unit("linear block/inner", [10, 10], [3, 1, 1], block);
    // Its own input is its residual.
    let own = convolution("self", [10, 10], Window::square(3, 1, 1), 1);
    let own = toy.push("linear block/self", own, &[inner]);
    let sum = toy.push("linear block/self sum", Add, &[own, inner]);
    let inner = toy.push("linear block/self relu", Activation::Relu, &[sum]);
    let outer = convolution("outer", [10, 10], Window::square(3, 1, 1), 1);
    let outer = toy.push("linear block/outer", outer, &[inner]);
    let block = toy.push("linear block/sum", Add, &[outer, block]);

    let last = toy.unit("last", [10, 9], [4, 3, 0], block);
    let small = convolution("small", [9, 9], Window::square(3, 1, 1), 1);
    let small = toy.push("small/convolution", small, &[last]);
    let small = toy.push("small/sum", Add, &[small, last]);
    let small = toy.push("small/relu", Activation::Relu, &[small]);
    let logits = toy.push("linear", linear("linear", 9 * 3 * 3, 6), &[small]);
    toy.finish("toy", logits)
}

/// What ResNets have not: groups, depthwise convolutions, dilation, rectangles with unequal padding and strides, a pool that
/// rounds up, sums and activations that nothing before them can take, norms, average pools, and a linear layer
/// with a ReLU.
pub fn graph() -> Network {
    let (toy, logits) = graph_builder();
    toy.finish("graph toy", logits)
}

/// The same without anything folded.
pub fn plain_graph() -> Network {
    let (toy, logits) = graph_builder();
    toy.0.finish_plain("graph toy", logits).expect("graph toy")
}

fn graph_builder() -> (Toy, NodeId) {
    let mut toy = Toy::new(MapShape::new(3, 23, 26));
    let window = |kernel, stride, dilation, padding| Window { kernel, stride, dilation, padding };
    let rectangle = window([3, 5], [2, 1], [1, 1], [0, 2, 1, 3]);
    let node = toy.push("rectangle/convolution", convolution("rectangle", [3, 8], rectangle, 1), &[NodeId::INPUT]);
    let stem = toy.push("rectangle/relu", Activation::Relu, &[node]);
    let pool = MaxPool { window: window([3, 2], [2, 2], [1, 1], [1, 0, 0, 1]), rounding: Rounding::Ceil };
    let pool = toy.push("pool", pool, &[stem]);

    let depthwise = window([3, 3], [1, 1], [1, 1], [1, 1, 1, 1]);
    let node = toy.push("inverted/depthwise", convolution("depthwise", [8, 8], depthwise, 8), &[pool]);
    let node = toy.push("inverted/relu", Activation::Relu, &[node]);
    let wide = convolution("pointwise", [8, 12], Window::square(1, 1, 0), 1);
    let inverted = toy.push("inverted/pointwise", wide, &[node]);

    let dilated = window([3, 3], [1, 1], [2, 3], [2, 3, 2, 3]);
    let left = toy.push("grouped/dilated", convolution("dilated", [12, 12], dilated, 1), &[inverted]);
    let right = toy.push("grouped/threes", convolution("threes", [12, 12], depthwise, 4), &[inverted]);
    // Both operands are used once more, so that neither convolution can take the sum.
    let sum = toy.push("grouped/sum", Add, &[left, right]);
    let twice = toy.push("grouped/twice", Add, &[sum, sum]);
    let relu = toy.push("grouped/relu", Activation::Relu, &[twice]);
    let again = toy.push("grouped/again", Add, &[relu, left]);
    let block = toy.push("grouped/sum with right", Add, &[again, right]);
    let strided = window([2, 3], [2, 1], [1, 1], [0, 0, 0, 0]);
    let node = toy.push("strided/convolution", convolution("strided", [12, 6], strided, 2), &[block]);
    let strided = toy.push("strided/relu", Activation::Relu, &[node]);
    // A ReLU of a ReLU: no store has two masks.
    let rectified = toy.push("rectified", Activation::Relu, &[strided]);
    // A norm before its convolution, which nothing can take, and one that a convolution and an average pool read.
    let normed = toy.push("normed/norm", affine("norm", 6), &[rectified]);
    let normed = toy.push("normed/relu", Activation::Relu, &[normed]);
    let node =
        toy.push("normed/convolution", convolution("normed", [6, 6], Window::square(3, 1, 1), 1), &[normed]);
    let folded = toy.push("normed/folded", affine("folded", 6), &[node]);
    let average = AveragePool { window: Window::square(3, 1, 1), rounding: Rounding::Floor, count_padding: false };
    let pooled = toy.push("normed/pool", average, &[folded]);
    let shared = toy.push("normed/sum", Add, &[folded, pooled]);
    let average = AveragePool {
        window: window([2, 3], [2, 2], [1, 1], [0, 1, 0, 0]),
        rounding: Rounding::Ceil,
        count_padding: true,
    };
    let pooled = toy.push("pooled/average", average, &[shared]);
    let pooled = toy.push("pooled/relu", Activation::Relu, &[pooled]);
    let mean = toy.push("mean", GlobalAveragePool, &[pooled]);
    let hidden = toy.push("hidden", linear("hidden", 6, 7), &[mean]);
    let hidden = toy.push("hidden relu", Activation::Relu, &[hidden]);
    let logits = toy.push("linear", linear("graph linear", 7, 5), &[hidden]);
    (toy, logits)
}

/// A head of global average pool and linear layer, on maps large enough for the larger tiles.
pub fn pooled_network() -> Network {
    let mut toy = Toy::new(MapShape::new(2, 14, 13));
    let first = toy.unit("first", [2, 3], [3, 1, 1], NodeId::INPUT);
    let second = toy.unit("second", [3, 37], [7, 2, 3], first);
    let pooled = toy.push("mean", GlobalAveragePool, &[second]);
    let logits = toy.push("head", linear("head", 37, 5), &[pooled]);
    toy.finish("pooled toy", logits)
}

/// `network` with the parameters of some nodes in the reverse order.
pub fn with_reversed_parameters(network: &Network, chosen: impl Fn(NodeId) -> bool) -> Network {
    network.with_operations(|id, operation| {
        chosen(id).then(|| operation.with_parameters(&mut |values| values.iter().rev().copied().collect()))
    })
}
