//! The closed set of operations. Each is defined in its own folder of [`operations`](crate::operations).

use crate::kernel::Shape;
use crate::operations::{self, BackwardReads, Definition, Facts, Misfit, Reference};

/// Declares the set: a variant, and the module that defines the type of the same name.
macro_rules! operations {
    ($($name:ident: $module:ident,)+) => {
        /// What a node computes from its inputs. Parameters are shared, so that a copy costs nothing.
        #[derive(Debug, Clone)]
        pub enum Operation {
            /// The normalised photo itself; only the first node.
            Input,
            $(#[doc = concat!("See [`operations::", stringify!($module), "`].")] $name(operations::$module::$name),)+
        }

        $(impl From<operations::$module::$name> for Operation {
            fn from(operation: operations::$module::$name) -> Self {
                Self::$name(operation)
            }
        })+

        impl Operation {
            /// What is to be known of it from outside.
            pub fn facts(&self) -> Facts {
                match self {
                    Self::Input => INPUT,
                    $(Self::$name(operation) => operation.facts(),)+
                }
            }

            /// Shape of the output for inputs of these shapes. That of the input is the network's to know.
            pub(super) fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
                match self {
                    Self::Input => Misfit::because("there is a second input"),
                    $(Self::$name(operation) => operation.output_shape(inputs),)+
                }
            }

            /// Whether they differ in the values of their parameters at most.
            pub fn has_same_geometry(&self, other: &Self) -> bool {
                match (self, other) {
                    (Self::Input, Self::Input) => true,
                    $((Self::$name(own), Self::$name(other)) => own.geometry() == other.geometry(),)+
                    _ => false,
                }
            }

            /// Whether this is the very same operation: the same geometry, and parameters that are shared, not only equal.
            pub fn is_same(&self, other: &Self) -> bool {
                let shared = match (self, other) {
                    $((Self::$name(own), Self::$name(other)) => own.shares_parameters(other),)+
                    _ => true,
                };
                shared && self.has_same_geometry(other)
            }

            /// The same operation with every array of parameters replaced by what `change` makes of it.
            pub fn with_parameters(&self, change: &mut dyn FnMut(&[f32]) -> Vec<f32>) -> Self {
                match self {
                    Self::Input => Self::Input,
                    $(Self::$name(operation) => Self::$name(operation.with_parameters(change)),)+
                }
            }

            /// Its definition in `f64`; `None` for the input, which computes nothing.
            pub fn reference(&self) -> Option<&dyn Reference> {
                match self {
                    Self::Input => None,
                    $(Self::$name(operation) => Some(operation),)+
                }
            }
        }
    };
}

operations! {
    Convolution: convolution,
    Linear: linear,
    MaxPool: max_pool,
    GlobalAveragePool: global_average_pool,
    Activation: activation,
    Add: add,
    Affine: affine,
    AveragePool: average_pool,
}

const INPUT: Facts = Facts {
    name: "input",
    parameters: 0,
    backward_reads: BackwardReads::Nothing,
    has_epilogue: false,
    is_finish: false,
};
