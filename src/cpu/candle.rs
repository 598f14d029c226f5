//! candle's tensors, and its contract of custom operations: the one file that knows both.
//!
//! Tensors have one dimension: maps in the [layout](crate::kernel::layout) of the kernels. The engine takes the way back
//! itself: candle 0.11 would differentiate this network differently from PyTorch (its ReLU passes the gradient at 0, its
//! max-pool has no padding and no overlapping windows), would compute a weight gradient for each convolution, and its
//! autograd would link the derivative of every operation that candle has into the site. The test below holds the
//! engine's way back against that autograd over the same kernels.

use crate::kernel::MapShape;
use crate::kernel::layout;
use candle_core::{Device, Result, Storage, Tensor, bail};
use std::ops::{Deref, Range};

/// A tensor of values that stand channel by channel.
pub fn from_channels(shape: MapShape, channels: &[f32]) -> Result<Tensor> {
    tensor(layout::to_cells(shape, channels))
}

/// The values of a tensor, channel by channel.
pub fn to_channels(shape: MapShape, tensor: &Tensor) -> Result<Vec<f32>> {
    Ok(layout::to_channels(shape, values(tensor)?.get()?))
}

/// A tensor of values in the kernels' layout.
pub fn tensor(values: Vec<f32>) -> Result<Tensor> {
    let length = values.len();
    Tensor::from_vec(values, length, &Device::Cpu)
}

/// Access to the values of a tensor, for as long as it lives.
pub struct Values<S> {
    storage: S,
    range: Range<usize>,
}

/// The values of a contiguous tensor.
pub fn values(tensor: &Tensor) -> Result<Values<impl Deref<Target = Storage>>> {
    let (storage, layout) = tensor.storage_and_layout();
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(Values { storage, range: start..end }),
        None => bail!("tensors of the CPU engine are contiguous"),
    }
}

impl<S: Deref<Target = Storage>> Values<S> {
    /// The values.
    pub fn get(&self) -> Result<&[f32]> {
        match &*self.storage {
            Storage::Cpu(storage) => Ok(&storage.as_slice()?[self.range.clone()]),
            _ => bail!("tensors of the CPU engine live on the CPU"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::CpuEngine;
    use crate::cpu::table::prepare;
    use crate::engine::Engine;
    use crate::kernel::ReluRule;
    use crate::kernel::cpu::{Backward, CpuKernel, Epilogue, Scratch};
    use crate::network::{
        Activation, Add, Convolution, GlobalAveragePool, Linear, MaxPool, NetworkBuilder, NodeId, Operation,
        Window,
    };
    use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Var};
    use std::sync::Arc;

    /// A kernel as candle's custom operation, with its own backward rule.
    struct CandleOperation(Box<dyn CpuKernel + Send + Sync>);

    impl CandleOperation {
        fn forward(&self, inputs: &[&[f32]]) -> Result<(CpuStorage, candle_core::Shape)> {
            let values = self.0.forward(inputs, Epilogue::default(), &mut Scratch::default())?;
            let shape = values.len().into();
            Ok((CpuStorage::F32(values), shape))
        }

        fn backward(
            &self,
            index: usize,
            inputs: &[&Tensor],
            output: &Tensor,
            gradient: &Tensor,
        ) -> Result<Tensor> {
            let inputs: Vec<Vec<f32>> = inputs.iter().map(|input| input.to_vec1()).collect::<Result<_>>()?;
            let inputs: Vec<Option<&[f32]>> = inputs.iter().map(|input| Some(input.as_slice())).collect();
            let (output, gradient): (Vec<f32>, Vec<f32>) = (output.to_vec1()?, gradient.to_vec1()?);
            let backward = Backward {
                inputs: &inputs,
                output: Some(&output),
                gradient: &gradient,
                sum: None,
                rule: ReluRule::Gradient,
            };
            tensor(self.0.input_gradient(index, backward, &mut Scratch::default())?)
        }
    }

    fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
        let (start, end) = layout.contiguous_offsets().expect("a contiguous operand");
        Ok(&storage.as_slice()?[start..end])
    }

    impl CustomOp1 for CandleOperation {
        fn name(&self) -> &'static str {
            "a kernel"
        }

        fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, candle_core::Shape)> {
            self.forward(&[slice(storage, layout)?])
        }

        fn bwd(&self, input: &Tensor, output: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
            self.backward(0, &[input], output, gradient).map(Some)
        }
    }

    impl CustomOp2 for CandleOperation {
        fn name(&self) -> &'static str {
            "a kernel of two inputs"
        }

        fn cpu_fwd(
            &self,
            first: &CpuStorage,
            first_layout: &Layout,
            second: &CpuStorage,
            second_layout: &Layout,
        ) -> Result<(CpuStorage, candle_core::Shape)> {
            self.forward(&[slice(first, first_layout)?, slice(second, second_layout)?])
        }

        fn bwd(
            &self,
            first: &Tensor,
            second: &Tensor,
            output: &Tensor,
            gradient: &Tensor,
        ) -> Result<(Option<Tensor>, Option<Tensor>)> {
            let inputs = [first, second];
            let of = |index| self.backward(index, &inputs, output, gradient);
            Ok((Some(of(0)?), Some(of(1)?)))
        }
    }

    /// Values without a pattern, between −1 and 1.
    fn made_up(length: usize, seed: usize) -> Vec<f32> {
        (0..length).map(|index| ((index + seed) as f32 * 12.9898).sin() * 43758.547 % 1.0).collect()
    }

    fn convolution(channels: usize, out: usize, kernel: usize, stride: usize) -> Operation {
        let weight = Arc::new(made_up(out * channels * kernel * kernel, out));
        let window = Window::square(kernel, stride, kernel / 2);
        Convolution { weight, bias: Arc::new(made_up(out, 7)), window, groups: 1 }.into()
    }

    /// candle's chain rule over the kernels' own gradients, node by node, against the engine's way back over fused steps.
    #[test]
    fn candle_autograd_agrees() -> Result<()> {
        let mut builder = NetworkBuilder::new(MapShape::new(3, 21, 18));
        let mut push = |name: &str, operation: Operation, inputs: &[NodeId]| {
            builder.push(name, operation, inputs).expect(name)
        };
        let stem = push("stem", convolution(3, 6, 7, 2), &[NodeId::INPUT]);
        let stem = push("stem relu", Activation::Relu.into(), &[stem]);
        let pool = push("pool", MaxPool::square(3, 2, 1).into(), &[stem]);
        let first = push("first", convolution(6, 9, 3, 2), &[pool]);
        let first = push("first relu", Activation::Relu.into(), &[first]);
        let shortcut = push("shortcut", convolution(6, 9, 1, 2), &[pool]);
        let second = push("second", convolution(9, 9, 3, 1), &[first]);
        let second = push("sum", Add.into(), &[second, shortcut]);
        let second = push("second relu", Activation::Relu.into(), &[second]);
        let third = push("third", convolution(9, 9, 3, 1), &[second]);
        let third = push("third sum", Add.into(), &[second, third]);
        let third = push("third relu", Activation::Relu.into(), &[third]);
        let mean = push("mean", GlobalAveragePool.into(), &[third]);
        let linear = Linear { weight: Arc::new(made_up(5 * 9, 3)), bias: Arc::new(made_up(5, 4)) };
        let logits = push("linear", linear.into(), &[mean]);
        let network = builder.finish("every operation", logits).expect("a network");
        let photo = made_up(network.input_shape().len(), 1);
        let cotangent = [1.0, -0.5, 0.0, 2.0, 0.25];

        let mut engine = CpuEngine::new(network.clone()).expect("an engine");
        let found = pollster::block_on(async {
            engine.forward(&photo).await?;
            engine.gradient(&cotangent, NodeId::INPUT).await
        });
        let found = found.expect("a gradient").values;

        let variable = Var::from_tensor(&from_channels(network.input_shape(), &photo)?)?;
        let mut outputs = vec![variable.as_tensor().clone()];
        for id in network.node_ids().skip(1) {
            let operation = CandleOperation(prepare(&network, id)?);
            let inputs = &network.node(id).inputs;
            outputs.push(match inputs[..] {
                [input] => outputs[input.index()].apply_op1(operation)?,
                [first, second] => outputs[first.index()].apply_op2(&outputs[second.index()], operation)?,
                _ => unreachable!("every operation here has one input or two"),
            });
        }
        let logits = network.logits();
        let cotangent = from_channels(network.map_shape(logits), &cotangent)?;
        let root = (&outputs[logits.index()] * cotangent)?.sum_all()?;
        let store = root.backward()?;
        let gradient = store.get(&variable).expect("a gradient at the input");
        let expected = to_channels(network.input_shape(), gradient)?;

        let largest = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        assert!(largest > 0.0, "a gradient that is not zero");
        for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert!((found - expected).abs() <= 1e-5 * largest, "{index}: {found} {expected}");
        }
        Ok(())
    }
}
