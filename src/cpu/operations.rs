//! The network's operations as candle custom operations, each with its own backward rule.
//!
//! candle 0.11 would differentiate this network differently from PyTorch (its ReLU passes the gradient at 0, its
//! max-pool has no padding and no overlapping windows) and would compute a weight gradient for each convolution.

use super::kernels::{convolution, max_pool};
use crate::network::{Convolution, MaxPool, Network, NodeId, Operation, Shape};
use candle_core::{CpuStorage, CustomOp1, CustomOp2, Device, Layout, Result, Tensor, bail};
use candle_nn::Module;
use std::sync::Arc;

/// What a node runs, ready to be applied to any number of photos.
pub enum SharedOperation {
    /// The input node computes nothing.
    Input,
    /// One custom operation of the node's input.
    Unary(NodeId, Arc<Box<dyn CustomOp1 + Send + Sync>>),
    /// A convolution that adds the output of a second node.
    Residual(NodeId, NodeId, Arc<Box<dyn CustomOp2 + Send + Sync>>),
    /// The mean of each feature map, which candle has.
    GlobalAveragePool(NodeId),
}

impl SharedOperation {
    /// The operation of node `id`.
    pub fn new(network: &Network, id: NodeId) -> Result<Self> {
        let node = network.node(id);
        let input_shape = network.node(node.input).shape;
        Ok(match &node.operation {
            Operation::Input => Self::Input,
            Operation::Convolution(parameters) => {
                let operation = ConvolutionOperation {
                    parameters: Arc::clone(parameters),
                    input: input_shape,
                    output: node.shape,
                };
                match parameters.residual {
                    Some(residual) => Self::Residual(node.input, residual, Arc::new(Box::new(operation))),
                    None => Self::Unary(node.input, Arc::new(Box::new(operation))),
                }
            }
            &Operation::MaxPool(parameters) => {
                let operation = MaxPoolOperation { parameters, input: input_shape, output: node.shape };
                Self::Unary(node.input, Arc::new(Box::new(operation)))
            }
            Operation::GlobalAveragePool => Self::GlobalAveragePool(node.input),
            Operation::Linear(linear) => {
                let shape = (node.shape.len(), input_shape.len());
                let weight = Tensor::from_slice(&linear.weight, shape, &Device::Cpu)?;
                let bias = Tensor::from_slice(&linear.bias, linear.bias.len(), &Device::Cpu)?;
                let operation = LinearOperation(candle_nn::Linear::new(weight, Some(bias)));
                Self::Unary(node.input, Arc::new(Box::new(operation)))
            }
        })
    }

    /// Applies it to the outputs of the nodes before it.
    pub fn apply(&self, outputs: &[Tensor]) -> Result<Tensor> {
        match self {
            Self::Input => bail!("the input node computes nothing"),
            Self::Unary(input, operation) => outputs[input.index()].apply_op1_arc(Arc::clone(operation)),
            Self::Residual(input, residual, operation) => {
                outputs[input.index()].apply_op2_arc(&outputs[residual.index()], Arc::clone(operation))
            }
            Self::GlobalAveragePool(input) => outputs[input.index()].mean_keepdim((1, 2)),
        }
    }
}

/// Convolution, bias, optional residual, optional ReLU.
struct ConvolutionOperation {
    parameters: Arc<Convolution>,
    input: Shape,
    output: Shape,
}

impl ConvolutionOperation {
    fn forward(&self, input: &[f32], residual: Option<&[f32]>) -> (CpuStorage, candle_core::Shape) {
        let output = convolution::forward(&self.parameters, self.input, self.output, input, residual);
        (CpuStorage::F32(output), dimensions(self.output))
    }

    /// The gradient before the ReLU: zero where the output is not above zero.
    fn before_relu(&self, output: &Tensor, output_gradient: &Tensor) -> Result<Vec<f32>> {
        let mut gradient: Vec<f32> = output_gradient.flatten_all()?.to_vec1()?;
        if self.parameters.relu {
            with_values(output, |output| {
                for (gradient, &output) in gradient.iter_mut().zip(output) {
                    if output <= 0.0 {
                        *gradient = 0.0;
                    }
                }
            })?;
        }
        Ok(gradient)
    }

    fn input_gradient(&self, output_gradient: &[f32]) -> Result<Tensor> {
        let gradient = convolution::input_gradient(&self.parameters, self.input, self.output, output_gradient);
        Tensor::from_vec(gradient, dimensions(self.input), &Device::Cpu)
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
        let gradient = self.before_relu(output, output_gradient)?;
        self.input_gradient(&gradient).map(Some)
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
        let gradient = self.before_relu(output, output_gradient)?;
        let input_gradient = self.input_gradient(&gradient)?;
        let residual_gradient = Tensor::from_vec(gradient, dimensions(self.output), &Device::Cpu)?;
        Ok((Some(input_gradient), Some(residual_gradient)))
    }
}

/// Maximum over windows, padded with −∞; the gradient goes to the first maximum of each window.
struct MaxPoolOperation {
    parameters: MaxPool,
    input: Shape,
    output: Shape,
}

impl CustomOp1 for MaxPoolOperation {
    fn name(&self) -> &'static str {
        "max-pool"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, candle_core::Shape)> {
        let input = values(storage, layout)?;
        let output = max_pool::forward(self.parameters, self.input, self.output, input);
        Ok((CpuStorage::F32(output), dimensions(self.output)))
    }

    fn bwd(&self, input: &Tensor, _output: &Tensor, output_gradient: &Tensor) -> Result<Option<Tensor>> {
        let gradient = with_values(input, |input| {
            with_values(output_gradient, |output_gradient| {
                max_pool::input_gradient(self.parameters, self.input, self.output, input, output_gradient)
            })
        })??;
        Tensor::from_vec(gradient, dimensions(self.input), &Device::Cpu).map(Some)
    }
}

/// candle-nn's linear layer over a vector, without its weight gradient.
struct LinearOperation(candle_nn::Linear);

impl CustomOp1 for LinearOperation {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, candle_core::Shape)> {
        let features = values(storage, layout)?;
        let row = Tensor::from_slice(features, (1, features.len()), &Device::Cpu)?;
        let logits: Vec<f32> = self.0.forward(&row)?.squeeze(0)?.to_vec1()?;
        let classes = logits.len();
        Ok((CpuStorage::F32(logits), classes.into()))
    }

    fn bwd(&self, input: &Tensor, _output: &Tensor, output_gradient: &Tensor) -> Result<Option<Tensor>> {
        let row = output_gradient.unsqueeze(0)?.matmul(self.0.weight())?;
        row.reshape(input.shape()).map(Some)
    }
}

fn dimensions(shape: Shape) -> candle_core::Shape {
    (shape.channels, shape.height, shape.width).into()
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
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        candle_core::Storage::Cpu(storage) => Ok(read(values(storage, layout)?)),
        _ => bail!("tensors of the CPU engine live on the CPU"),
    }
}
