//! The network's operations as candle custom operations, each with its own backward rule.
//!
//! candle 0.11 would differentiate this network differently from PyTorch (its ReLU passes the gradient at 0, its
//! max-pool has no padding and no overlapping windows) and would compute a weight gradient for each convolution. The
//! operations here keep candle's contract: its own autograd over a graph of them gives the same gradients, which a
//! test below holds. The engine takes the way back itself, because candle's links the derivative of every operation
//! that candle has into the site, and sums where two gradients meet in a pass of their own.
//!
//! Tensors have one dimension: maps in the [layout](super::kernels::layout) of the kernels.

use super::kernels::convolution::PreparedConvolution;
use super::kernels::{Scratch, layout, max_pool, pointwise};
use crate::engine::ReluRule;
use crate::network::{Linear, MaxPool, Network, NodeId, Operation, Shape};
use candle_core::{CpuStorage, CustomOp1, CustomOp2, Device, Layout, Result, Tensor, bail};
use candle_nn::Module;
use std::sync::{Arc, Mutex, PoisonError};

/// Memory that all operations of a network work in, one at a time.
pub type SharedScratch = Arc<Mutex<Scratch>>;

/// What a node runs, ready to be applied to any number of photos.
pub enum PreparedOperation {
    /// The input node computes nothing.
    Input,
    /// With the node that it adds, if any.
    Convolution(NodeId, Option<NodeId>, Box<ConvolutionOperation>),
    /// See [`MaxPoolOperation`].
    MaxPool(NodeId, MaxPoolOperation),
    /// See [`MeanOperation`].
    Mean(NodeId, MeanOperation),
    /// See [`LinearOperation`].
    Linear(NodeId, LinearOperation),
}

impl PreparedOperation {
    /// The operation of node `id`.
    pub fn new(network: &Network, id: NodeId, scratch: &SharedScratch) -> Result<Self> {
        let node = network.node(id);
        let input = network.node(node.input).shape;
        Ok(match &node.operation {
            Operation::Input => Self::Input,
            Operation::Convolution(parameters) => {
                let operation = ConvolutionOperation {
                    prepared: PreparedConvolution::new(parameters, input, node.shape),
                    relu: parameters.relu,
                    scratch: Arc::clone(scratch),
                };
                Self::Convolution(node.input, parameters.residual, Box::new(operation))
            }
            &Operation::MaxPool(parameters) => {
                Self::MaxPool(node.input, MaxPoolOperation { parameters, input, output: node.shape })
            }
            Operation::GlobalAveragePool => Self::Mean(node.input, MeanOperation { input }),
            Operation::Linear(linear) => {
                Self::Linear(node.input, LinearOperation::new(linear, input, node.shape)?)
            }
        })
    }

    /// Applies it to the outputs of the nodes before it.
    pub fn forward(&self, outputs: &[Tensor]) -> Result<Tensor> {
        match self {
            Self::Input => bail!("the input node computes nothing"),
            Self::Convolution(input, None, operation) => outputs[input.index()].apply_op1_no_bwd(&**operation),
            Self::Convolution(input, Some(residual), operation) => {
                outputs[input.index()].apply_op2_no_bwd(&outputs[residual.index()], &**operation)
            }
            Self::MaxPool(input, operation) => outputs[input.index()].apply_op1_no_bwd(operation),
            Self::Mean(input, operation) => outputs[input.index()].apply_op1_no_bwd(operation),
            Self::Linear(input, operation) => outputs[input.index()].apply_op1_no_bwd(operation),
        }
    }

    /// Passes `gradient`, that of node `node`, on to the nodes it was computed from.
    pub fn backward(
        &self,
        outputs: &[Tensor],
        node: usize,
        gradient: &Tensor,
        rule: ReluRule,
        gradients: &mut [Option<Tensor>],
    ) -> Result<()> {
        let output = &outputs[node];
        match self {
            Self::Input => {}
            Self::Convolution(input, residual, operation) => {
                let gradient = operation.before_relu(output, gradient, rule)?;
                // Both may be the same node: each adds to what is there.
                if let Some(residual) = residual {
                    let slot = &mut gradients[residual.index()];
                    *slot = Some(match slot.take() {
                        None => gradient.clone(),
                        Some(sum) => (sum + &gradient)?,
                    });
                }
                let slot = &mut gradients[input.index()];
                *slot = Some(operation.input_gradient(&gradient, slot.as_ref())?);
            }
            Self::MaxPool(input, operation) => {
                let found = operation.input_gradient(&outputs[input.index()], output, gradient)?;
                add_to(&mut gradients[input.index()], found)?;
            }
            Self::Mean(input, operation) => {
                add_to(&mut gradients[input.index()], operation.input_gradient(gradient)?)?;
            }
            Self::Linear(input, operation) => {
                add_to(&mut gradients[input.index()], operation.input_gradient(gradient)?)?;
            }
        }
        Ok(())
    }
}

fn add_to(slot: &mut Option<Tensor>, gradient: Tensor) -> Result<()> {
    *slot = Some(match slot.take() {
        None => gradient,
        Some(sum) => (sum + gradient)?,
    });
    Ok(())
}

/// A tensor of values that stand channel by channel.
pub fn from_channels(shape: Shape, channels: &[f32]) -> Result<Tensor> {
    tensor(layout::to_cells(shape, channels))
}

/// The values of a tensor, channel by channel.
pub fn to_channels(shape: Shape, tensor: &Tensor) -> Result<Vec<f32>> {
    with_values(tensor, |cells| layout::to_channels(shape, cells))
}

fn tensor(values: Vec<f32>) -> Result<Tensor> {
    let length = values.len();
    Tensor::from_vec(values, length, &Device::Cpu)
}

/// Convolution, bias, optional residual, optional ReLU.
pub struct ConvolutionOperation {
    prepared: PreparedConvolution,
    relu: bool,
    scratch: SharedScratch,
}

impl ConvolutionOperation {
    fn forward(&self, input: &[f32], residual: Option<&[f32]>) -> (CpuStorage, candle_core::Shape) {
        // What scratch memory holds means nothing, so a panic elsewhere cannot have spoilt it.
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        stored(self.prepared.forward(input, residual, &mut scratch))
    }

    /// The gradient before the ReLU, given that after it.
    fn before_relu(&self, output: &Tensor, output_gradient: &Tensor, rule: ReluRule) -> Result<Tensor> {
        if !self.relu {
            return Ok(output_gradient.clone());
        }
        let before = match rule {
            ReluRule::Gradient => pointwise::relu_gradient,
            ReluRule::Guided => pointwise::guided_relu_gradient,
        };
        with_values(output, |output| with_values(output_gradient, |gradient| tensor(before(output, gradient))))??
    }

    /// The gradient with respect to the input, given that before the ReLU, plus `sum`.
    fn input_gradient(&self, gradient: &Tensor, sum: Option<&Tensor>) -> Result<Tensor> {
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        with_values(gradient, |gradient| match sum {
            None => tensor(self.prepared.input_gradient(gradient, None, &mut scratch)),
            Some(sum) => {
                with_values(sum, |sum| tensor(self.prepared.input_gradient(gradient, Some(sum), &mut scratch)))?
            }
        })?
    }
}

impl CustomOp1 for ConvolutionOperation {
    fn name(&self) -> &'static str {
        "convolution"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, candle_core::Shape)> {
        Ok(self.forward(values(storage, layout)?, None))
    }

    fn bwd(&self, _input: &Tensor, output: &Tensor, output_gradient: &Tensor) -> Result<Option<Tensor>> {
        self.input_gradient(&self.before_relu(output, output_gradient, ReluRule::Gradient)?, None).map(Some)
    }
}

impl CustomOp2 for ConvolutionOperation {
    fn name(&self) -> &'static str {
        "convolution with residual"
    }

    fn cpu_fwd(
        &self,
        storage: &CpuStorage,
        layout: &Layout,
        residual_storage: &CpuStorage,
        residual_layout: &Layout,
    ) -> Result<(CpuStorage, candle_core::Shape)> {
        let residual = values(residual_storage, residual_layout)?;
        Ok(self.forward(values(storage, layout)?, Some(residual)))
    }

    fn bwd(
        &self,
        _input: &Tensor,
        _residual: &Tensor,
        output: &Tensor,
        output_gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let gradient = self.before_relu(output, output_gradient, ReluRule::Gradient)?;
        Ok((Some(self.input_gradient(&gradient, None)?), Some(gradient)))
    }
}

/// Maximum over windows, padded with −∞; the gradient goes to the first maximum of each window.
pub struct MaxPoolOperation {
    parameters: MaxPool,
    input: Shape,
    output: Shape,
}

impl MaxPoolOperation {
    fn input_gradient(&self, input: &Tensor, output: &Tensor, output_gradient: &Tensor) -> Result<Tensor> {
        with_values(input, |input| {
            with_values(output, |output| {
                with_values(output_gradient, |gradient| {
                    let Self { parameters, input: from, output: to } = *self;
                    tensor(max_pool::input_gradient(parameters, from, to, input, output, gradient))
                })
            })
        })???
    }
}

impl CustomOp1 for MaxPoolOperation {
    fn name(&self) -> &'static str {
        "max-pool"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, candle_core::Shape)> {
        let input = values(storage, layout)?;
        Ok(stored(max_pool::forward(self.parameters, self.input, self.output, input)))
    }

    fn bwd(&self, input: &Tensor, output: &Tensor, output_gradient: &Tensor) -> Result<Option<Tensor>> {
        self.input_gradient(input, output, output_gradient).map(Some)
    }
}

/// The mean of each channel.
pub struct MeanOperation {
    input: Shape,
}

impl MeanOperation {
    fn input_gradient(&self, output_gradient: &Tensor) -> Result<Tensor> {
        with_values(output_gradient, |gradient| tensor(pointwise::mean_gradient(self.input, gradient)))?
    }
}

impl CustomOp1 for MeanOperation {
    fn name(&self) -> &'static str {
        "global average pool"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, candle_core::Shape)> {
        Ok(stored(pointwise::mean(self.input, values(storage, layout)?)))
    }

    fn bwd(&self, _input: &Tensor, _output: &Tensor, output_gradient: &Tensor) -> Result<Option<Tensor>> {
        self.input_gradient(output_gradient).map(Some)
    }
}

/// candle-nn's linear layer over a vector, without its weight gradient.
pub struct LinearOperation(candle_nn::Linear);

impl LinearOperation {
    /// Both sides are padded to whole vectors, like all maps; the weights of the padding are zero.
    fn new(linear: &Linear, input: Shape, output: Shape) -> Result<Self> {
        let (features, classes) = (layout::length(input), layout::length(output));
        let mut weight: Vec<f32> =
            linear.weight.chunks_exact(input.len()).flat_map(|row| layout::to_cells(input, row)).collect();
        weight.resize(classes * features, 0.0);
        let mut bias = linear.bias.clone();
        bias.resize(classes, 0.0);
        let weight = Tensor::from_vec(weight, (classes, features), &Device::Cpu)?;
        Ok(Self(candle_nn::Linear::new(weight, Some(tensor(bias)?))))
    }

    fn input_gradient(&self, output_gradient: &Tensor) -> Result<Tensor> {
        output_gradient.unsqueeze(0)?.matmul(self.0.weight())?.squeeze(0)
    }
}

impl CustomOp1 for LinearOperation {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, candle_core::Shape)> {
        let features = values(storage, layout)?;
        let row = Tensor::from_slice(features, (1, features.len()), &Device::Cpu)?;
        let logits: Vec<f32> = self.0.forward(&row)?.squeeze(0)?.to_vec1()?;
        Ok(stored(logits))
    }

    fn bwd(&self, _input: &Tensor, _output: &Tensor, output_gradient: &Tensor) -> Result<Option<Tensor>> {
        self.input_gradient(output_gradient).map(Some)
    }
}

fn stored(values: Vec<f32>) -> (CpuStorage, candle_core::Shape) {
    let shape = values.len().into();
    (CpuStorage::F32(values), shape)
}

/// The values of a contiguous operand.
fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let values: &[f32] = storage.as_slice()?;
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&values[start..end]),
        None => bail!("operands of custom operations must be contiguous"),
    }
}

/// Calls `read` with the values of `tensor`.
fn with_values<R>(tensor: &Tensor, read: impl FnOnce(&[f32]) -> R) -> Result<R> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        candle_core::Storage::Cpu(storage) => Ok(read(values(storage, layout)?)),
        _ => bail!("tensors of the CPU engine live on the CPU"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Convolution, NetworkBuilder};
    use candle_core::Var;

    /// Values without a pattern, between −1 and 1.
    fn values(length: usize, seed: usize) -> Vec<f32> {
        (0..length).map(|index| ((index + seed) as f32 * 12.9898).sin() * 43758.547 % 1.0).collect()
    }

    fn convolution(channels: usize, out: usize, kernel: usize, stride: usize) -> Convolution {
        Convolution {
            weight: values(out * channels * kernel * kernel, out),
            bias: values(out, 7),
            kernel,
            stride,
            padding: kernel / 2,
            residual: None,
            relu: true,
        }
    }

    /// A residual block with every operation there is: a stem, a pool, a projection, a sum, the head.
    fn network() -> Network {
        let mut builder = NetworkBuilder::new(Shape::new(3, 21, 18));
        let stem = builder.convolution(NodeId::INPUT, convolution(3, 6, 7, 2));
        let pool = builder.max_pool(stem, MaxPool { kernel: 3, stride: 2, padding: 1 });
        let first = builder.convolution(pool, convolution(6, 9, 3, 2));
        let projection = builder.convolution(pool, Convolution { relu: false, ..convolution(6, 9, 1, 2) });
        let second =
            builder.convolution(first, Convolution { residual: Some(projection), ..convolution(9, 9, 3, 1) });
        let third = builder.convolution(second, Convolution { residual: Some(second), ..convolution(9, 9, 3, 1) });
        let mean = builder.global_average_pool(third);
        builder.linear(mean, Linear { weight: values(5 * 9, 3), bias: values(5, 4) });
        builder.finish("every operation")
    }

    /// candle's chain rule over the operations' own `bwd`, against the engine's way back.
    #[test]
    fn candle_autograd_agrees() -> Result<()> {
        let network = network();
        let scratch = SharedScratch::default();
        let operations: Vec<PreparedOperation> =
            network.node_ids().map(|id| PreparedOperation::new(&network, id, &scratch)).collect::<Result<_>>()?;
        let input = from_channels(network.input_shape(), &values(network.input_shape().len(), 1))?;
        let seed = from_channels(network.node(network.logits()).shape, &[1.0, -0.5, 0.0, 2.0, 0.25])?;

        let mut outputs = vec![input.clone()];
        for operation in &operations[1..] {
            outputs.push(operation.forward(&outputs)?);
        }
        let mut gradients = vec![None; outputs.len()];
        gradients[network.logits().index()] = Some(seed.clone());
        for node in (0..outputs.len()).rev() {
            if let Some(gradient) = gradients[node].take() {
                operations[node].backward(&outputs, node, &gradient, ReluRule::Gradient, &mut gradients)?;
                gradients[node] = Some(gradient);
            }
        }
        let found: Vec<f32> = gradients[0].as_ref().expect("a gradient at the input").to_vec1()?;

        let variable = Var::from_tensor(&input)?;
        let mut tracked = vec![variable.as_tensor().clone()];
        for operation in operations.into_iter().skip(1) {
            let output = match operation {
                PreparedOperation::Input => unreachable!("only the first node"),
                PreparedOperation::Convolution(from, None, operation) => {
                    tracked[from.index()].apply_op1(*operation)?
                }
                PreparedOperation::Convolution(from, Some(residual), operation) => {
                    tracked[from.index()].apply_op2(&tracked[residual.index()], *operation)?
                }
                PreparedOperation::MaxPool(from, operation) => tracked[from.index()].apply_op1(operation)?,
                PreparedOperation::Mean(from, operation) => tracked[from.index()].apply_op1(operation)?,
                PreparedOperation::Linear(from, operation) => tracked[from.index()].apply_op1(operation)?,
            };
            tracked.push(output);
        }
        let root = (&tracked[network.logits().index()] * seed)?.sum_all()?;
        let store = root.backward()?;
        let expected: Vec<f32> = store.get(&variable).expect("a gradient at the input").to_vec1()?;

        let largest = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        assert!(largest > 0.0, "a gradient that is not zero");
        for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert!((found - expected).abs() <= 1e-5 * largest, "{index}: {found} {expected}");
        }
        Ok(())
    }
}
