//! The table of CPU kernels: one line an operation.

use crate::kernel::MapShape;
use crate::kernel::cpu::CpuKernel;
use crate::network::{Network, NodeId, Operation};
use candle_core::{Result, bail};

/// The kernel of a node, ready for its shapes.
pub fn prepare(network: &Network, id: NodeId) -> Result<Box<dyn CpuKernel + Send + Sync>> {
    let node = network.node(id);
    let inputs: Vec<MapShape> = node.inputs.iter().map(|&input| network.map_shape(input)).collect();
    let output = network.map_shape(id);
    Ok(match &node.operation {
        Operation::Input => bail!("the input computes nothing"),
        Operation::Convolution(operation) => Box::new(operation.prepare(inputs[0], output)),
        Operation::Linear(operation) => Box::new(operation.prepare(inputs[0], output)?),
        Operation::MaxPool(operation) => Box::new(operation.prepare(inputs[0], output)),
        Operation::GlobalAveragePool(operation) => Box::new(operation.prepare(inputs[0])),
        Operation::Activation(operation) => Box::new(*operation),
        Operation::Add(operation) => Box::new(*operation),
        Operation::Affine(operation) => Box::new(operation.prepare()),
        Operation::AveragePool(operation) => Box::new(operation.prepare(inputs[0], output)),
    })
}
