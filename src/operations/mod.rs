//! A folder for each operation, all its faces side by side: the definition (parameters, shape rule, facts), the kernels
//! for the CPU, those in WGSL with what is dispatched of them, and the plain reference. `docs/adding-an-operation.md` says
//! how another is added.
//!
//! | file | face |
//! |---|---|
//! | `mod.rs` | [`Definition`]: what [`network`](crate::network) knows of it |
//! | `cpu.rs` | [`CpuKernel`](crate::kernel::cpu::CpuKernel) |
//! | `gpu.rs`, `*.wgsl` | [`GpuOperation`](crate::kernel::gpu::GpuOperation) |
//! | `reference.rs` | [`Reference`]: the definition in `f64`, which the tests compare everything with |

pub mod activation;
pub mod add;
pub mod affine;
pub mod average_pool;
pub mod convolution;
pub mod global_average_pool;
pub mod linear;
pub mod max_pool;

use crate::kernel::{MapShape, Shape};

/// Why an operation cannot be applied: the end of a sentence that begins with the name of its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit(pub String);

impl Misfit {
    /// An error with this reason.
    pub fn because<T>(reason: impl Into<String>) -> Result<T, Self> {
        Err(Self(reason.into()))
    }
}

/// Which maps of the forward pass an operation's backward looks at. Engines keep no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackwardReads {
    /// None: it is linear in its input.
    Nothing,
    /// Its inputs.
    Input,
    /// Its output.
    Output,
    /// Inputs and output.
    Both,
    /// Which of its inputs' cells each result was taken from. An engine remembers that, or finds it again from inputs and
    /// output.
    ArgMax,
}

/// What is to be known of an operation from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// What it is called in messages.
    pub name: &'static str,
    /// How many learnt values it has.
    pub parameters: usize,
    /// What its backward looks at.
    pub backward_reads: BackwardReads,
    /// Whether its kernels, on either engine, end in an epilogue, so that sums and activations behind it can be fused into it.
    pub has_epilogue: bool,
    /// Whether it only finishes what stands before it, as an activation or a norm does: then its output, not its input, is
    /// what that layer says.
    pub is_finish: bool,
}

/// What a network knows of an operation.
pub trait Definition: Sized {
    /// See [`Facts`].
    fn facts(&self) -> Facts;

    /// Shape of the output for inputs of these shapes.
    ///
    /// # Errors
    /// Where they do not fit, or the operation makes no sense; whatever a file says, this never panics.
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit>;

    /// All its numbers but the values of the parameters. Operations of equal geometry can be executed in each other's place.
    fn geometry(&self) -> Vec<usize>;

    /// Whether the parameters are the same ones, not only equal.
    fn shares_parameters(&self, other: &Self) -> bool;

    /// The same operation with every array of parameters replaced by what `change` makes of it, in a fixed order.
    fn with_parameters(&self, change: &mut dyn FnMut(&[f32]) -> Vec<f32>) -> Self;
}

/// Values of one node, channel by channel, in `f64`.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// Their shape.
    pub shape: MapShape,
    /// As many; empty where they are not known.
    pub values: &'a [f64],
}

/// The definition letter by letter, slow and beyond doubt.
pub trait Reference {
    /// The output.
    fn forward(&self, inputs: &[Values], output: MapShape) -> Vec<f64>;

    /// The gradient with respect to input number `index`, given that of the output. Of `inputs` and `output` those values
    /// are known that [`Facts::backward_reads`] names.
    fn input_gradient(&self, index: usize, inputs: &[Values], output: Values, gradient: &[f64]) -> Vec<f64>;
}

/// The only input of an operation that has one.
fn single(inputs: &[Shape]) -> Result<Shape, Misfit> {
    match inputs {
        [input] => Ok(*input),
        _ => Misfit::because(format!("it has {} inputs instead of one", inputs.len())),
    }
}
