//! What the GPU does, as data: buffers, and dispatches in their order.

use super::epilogue::{Epilogue, flags};
use super::{Kernel, Parameters, Tuning};
use crate::kernel::layout::LANES;

/// The most workgroups along one dimension that every adapter takes.
const MOST_WORKGROUPS: usize = 65_535;

/// Names a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferId(usize);

impl BufferId {
    /// Position among all buffers.
    pub const fn index(self) -> usize {
        self.0
    }
}

/// What a buffer holds from the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// Nothing: the dispatches fill it.
    Empty,
    /// Parameters of the operation of a step, as [`initial`](super::GpuOperation::initial) says.
    Parameters {
        /// Number of the step.
        step: usize,
        /// Which of its buffers.
        part: usize,
    },
}

/// A buffer of 32-bit values.
#[derive(Debug, Clone, Copy)]
pub struct Buffer {
    /// How many values.
    pub length: usize,
    /// What it begins with.
    pub contents: Contents,
}

/// One run of a kernel.
#[derive(Debug, Clone)]
pub struct Dispatch {
    /// Which.
    pub kernel: &'static Kernel,
    /// Number of the step it works for.
    pub step: usize,
    /// The kernel's parameters, in their order, but for the flags.
    parameters: Vec<u32>,
    /// What its epilogue does to its results, where it has one.
    flags: Option<u32>,
    /// What is bound from binding 1 on.
    pub buffers: Vec<BufferId>,
    /// Workgroups along each dimension.
    pub workgroups: [u32; 3],
}

impl Dispatch {
    /// The kernel's parameters as they lie in memory.
    pub fn words(&self) -> impl Iterator<Item = u32> {
        self.parameters.iter().copied().chain(self.flags)
    }

    /// Its part in guided backpropagation: a gradient that is masked goes through a ReLU of its own as well.
    pub fn guided(&self) -> Self {
        let guided = |flags| if flags & flags::MASK == 0 { flags } else { flags | flags::RELU };
        Self { flags: self.flags.map(guided), ..self.clone() }
    }
}

/// Memory that every step may use, one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scratch {
    /// One.
    First,
    /// Another.
    Second,
    /// A third, which belongs to the engine: a gradient before its activation.
    Gradient,
}

/// Takes down what runs, step by step, first forward and then backward.
pub struct Recorder<'a> {
    tuning: &'a Tuning,
    buffers: Vec<Buffer>,
    dispatches: Vec<Dispatch>,
    step: usize,
}

/// Bound where a kernel has a binding that its flags leave unused.
const UNUSED: BufferId = BufferId(0);

impl<'a> Recorder<'a> {
    /// Nothing yet.
    pub fn new(tuning: &'a Tuning) -> Self {
        // The unused one, and one for each kind of scratch memory.
        let buffers = vec![Buffer { length: LANES, contents: Contents::Empty }; 4];
        Self { tuning, buffers, dispatches: Vec::new(), step: 0 }
    }

    /// How the work is cut up.
    pub const fn tuning(&self) -> &'a Tuning {
        self.tuning
    }

    /// The step that is recorded from now on.
    pub fn begin(&mut self, step: usize) {
        self.step = step;
    }

    /// How many dispatches there are since the last [`take`](Self::take).
    pub fn len(&self) -> usize {
        self.dispatches.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.dispatches.is_empty()
    }

    /// All dispatches since the last time.
    pub fn take(&mut self) -> Vec<Dispatch> {
        std::mem::take(&mut self.dispatches)
    }

    /// All buffers.
    pub fn into_buffers(self) -> Vec<Buffer> {
        self.buffers
    }

    /// How many values a buffer has.
    pub fn length(&self, buffer: BufferId) -> usize {
        self.buffers[buffer.0].length
    }

    /// A new buffer that the dispatches fill.
    pub fn buffer(&mut self, length: usize) -> BufferId {
        self.push(Buffer { length, contents: Contents::Empty })
    }

    /// A new buffer of parameters of the operation at work.
    pub fn parameters(&mut self, part: usize, length: usize) -> BufferId {
        self.push(Buffer { length, contents: Contents::Parameters { step: self.step, part } })
    }

    fn push(&mut self, buffer: Buffer) -> BufferId {
        self.buffers.push(buffer);
        BufferId(self.buffers.len() - 1)
    }

    /// Scratch memory of at least so many values.
    pub fn scratch(&mut self, scratch: Scratch, values: usize) -> BufferId {
        let id = BufferId(1 + scratch as usize);
        let length = &mut self.buffers[id.0].length;
        *length = values.max(*length);
        id
    }

    /// Records a dispatch of at least `invocations` invocations. `epilogue` is given exactly where the kernel ends in one;
    /// `buffers` are bound behind those of the epilogue, or from binding 1 on.
    pub fn dispatch<P: Parameters>(
        &mut self,
        kernel: &'static Kernel,
        parameters: P,
        epilogue: Option<Epilogue>,
        buffers: &[BufferId],
        invocations: usize,
    ) {
        self.dispatch_layers(kernel, parameters, epilogue, buffers, invocations, 1);
    }

    /// The same, so many times along the third dimension.
    pub fn dispatch_layers<P: Parameters>(
        &mut self,
        kernel: &'static Kernel,
        parameters: P,
        epilogue: Option<Epilogue>,
        buffers: &[BufferId],
        invocations: usize,
        layers: usize,
    ) {
        assert_eq!(P::FIELDS, kernel.fields, "parameters of {}", kernel.name);
        assert_eq!(epilogue.is_some(), kernel.has_epilogue, "epilogue of {}", kernel.name);
        let [workgroup, _] = kernel.workgroup(self.tuning);
        let [x, y] = grid(invocations.div_ceil(workgroup));
        let stored = epilogue
            .map(|epilogue| [epilogue.bias.unwrap_or(UNUSED), epilogue.other.unwrap_or(UNUSED), epilogue.output]);
        self.dispatches.push(Dispatch {
            kernel,
            step: self.step,
            parameters: parameters.words(),
            flags: epilogue.map(|epilogue| epilogue.flags),
            buffers: stored.into_iter().flatten().chain(buffers.iter().copied()).collect(),
            workgroups: [x, y, layers].map(|count| count as u32),
        });
    }
}

/// Two dimensions, as even as can be, where one does not hold so many workgroups; see `prelude.wgsl`.
fn grid(workgroups: usize) -> [usize; 2] {
    let rows = workgroups.div_ceil(MOST_WORKGROUPS).max(1);
    [workgroups.div_ceil(rows), rows]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_holds_all_and_hardly_more() {
        for count in [1, 64, 65_535, 65_536, 100_000, 131_071, 4_194_304] {
            let [x, y] = grid(count);
            assert!(x <= MOST_WORKGROUPS && y <= MOST_WORKGROUPS, "{count}: {x} × {y}");
            assert!(x * y >= count && x * y < count + y, "{count}: {x} × {y}");
        }
        assert_eq!(grid(65_535), [65_535, 1]);
        assert_eq!(grid(65_536), [32_768, 2]);
    }
}
