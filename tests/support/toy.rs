//! Small networks with all that a family of networks may come with, and that a ResNet-18 has not.

use super::random::signed;
use gradcam::network::{Convolution, Linear, MaxPool, Network, NetworkBuilder, NodeId, Operation, Shape};
use std::sync::Arc;

fn convolution(
    name: &str,
    channels: [usize; 2],
    [kernel, stride, padding]: [usize; 3],
    residual: Option<NodeId>,
    relu: bool,
) -> Convolution {
    let [from, to] = channels;
    let scale = (from as f32 * (kernel * kernel) as f32).sqrt().recip();
    let weight = signed(name, to * from * kernel * kernel).iter().map(|value| 2.0 * scale * value).collect();
    Convolution { weight, bias: signed(&format!("{name} bias"), to), kernel, stride, padding, residual, relu }
}

/// Channels that fill no vector, maps that fill no tile, kernels of many sizes, strides that skip cells, a bottleneck
/// with a projection, one with the identity, a node that is used three times, and a linear layer over a whole map.
pub fn network() -> Network {
    let mut builder = NetworkBuilder::new(Shape::new(3, 45, 50));
    let stem = builder.convolution(NodeId::INPUT, convolution("stem", [3, 6], [5, 1, 2], None, true));
    builder.name("stem", stem);
    let pool = builder.max_pool(stem, MaxPool { kernel: 3, stride: 2, padding: 1 });
    builder.name("pool", pool);
    let pool = builder.max_pool(pool, MaxPool { kernel: 2, stride: 1, padding: 0 });

    let shortcut = builder.convolution(pool, convolution("shortcut", [6, 10], [1, 2, 0], None, false));
    let inner = builder.convolution(pool, convolution("reduce", [6, 5], [1, 1, 0], None, true));
    let inner = builder.convolution(inner, convolution("stride", [5, 5], [3, 2, 1], None, true));
    let block = builder.convolution(inner, convolution("expand", [5, 10], [1, 1, 0], Some(shortcut), true));
    builder.name("bottleneck", block);

    let inner = builder.convolution(block, convolution("inner", [10, 10], [3, 1, 1], None, true));
    // Its own input is its residual.
    let inner = builder.convolution(inner, convolution("self", [10, 10], [3, 1, 1], Some(inner), true));
    let block = builder.convolution(inner, convolution("outer", [10, 10], [3, 1, 1], Some(block), false));
    builder.name("linear block", block);

    let last = builder.convolution(block, convolution("last", [10, 9], [4, 3, 0], None, true));
    builder.name("last", last);
    let small = builder.convolution(last, convolution("small", [9, 9], [3, 1, 1], Some(last), true));
    builder.name("small", small);
    let shape = Shape::new(9, 3, 3);
    let weight = signed("linear", 6 * shape.len());
    builder.linear(small, Linear { weight, bias: signed("linear bias", 6) });
    builder.finish("toy")
}

/// A head of global average pool and linear layer, on maps large enough for the larger tiles.
pub fn pooled_network() -> Network {
    let mut builder = NetworkBuilder::new(Shape::new(2, 14, 13));
    let first = builder.convolution(NodeId::INPUT, convolution("first", [2, 3], [3, 1, 1], None, true));
    builder.name("first", first);
    let second = builder.convolution(first, convolution("second", [3, 37], [7, 2, 3], None, true));
    builder.name("second", second);
    let pooled = builder.global_average_pool(second);
    builder.linear(pooled, Linear { weight: signed("head", 5 * 37), bias: signed("head bias", 5) });
    builder.finish("pooled toy")
}

/// `network` with the parameters of some nodes in the reverse order.
pub fn with_reversed_parameters(network: &Network, chosen: impl Fn(NodeId) -> bool) -> Network {
    let reversed = |values: &[f32]| values.iter().rev().copied().collect::<Vec<_>>();
    network.with_operations(|id, operation| match operation {
        _ if !chosen(id) => None,
        Operation::Convolution(convolution) => Some(Operation::Convolution(Arc::new(Convolution {
            weight: reversed(&convolution.weight),
            bias: reversed(&convolution.bias),
            ..**convolution
        }))),
        Operation::Linear(linear) => Some(Operation::Linear(Arc::new(Linear {
            weight: reversed(&linear.weight),
            bias: reversed(&linear.bias),
        }))),
        _ => None,
    })
}
