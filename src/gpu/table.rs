//! The table of GPU operations: one line an operation.

use crate::kernel::gpu::{GpuOperation, Kernel};
use crate::network::Operation;
use crate::operations;

/// Declares the table: a variant, and the module with its kernels.
macro_rules! table {
    ($($name:ident: $module:ident,)+) => {
        /// What an operation does on the GPU; `None` for the input, which computes nothing.
        pub fn on_gpu(operation: &Operation) -> Option<&dyn GpuOperation> {
            match operation {
                Operation::Input => None,
                $(Operation::$name(operation) => Some(operation),)+
            }
        }

        /// Every kernel.
        pub fn kernels() -> impl Iterator<Item = &'static Kernel> {
            let all: [&'static [Kernel]; _] =
                [std::slice::from_ref(&crate::kernel::gpu::POINTWISE), $(operations::$module::gpu::KERNELS,)+];
            all.into_iter().flatten()
        }
    };
}

table! {
    Convolution: convolution,
    Linear: linear,
    MaxPool: max_pool,
    GlobalAveragePool: global_average_pool,
    Activation: activation,
    Add: add,
    Affine: affine,
    AveragePool: average_pool,
}
