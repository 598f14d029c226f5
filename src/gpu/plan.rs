//! What the GPU does for a network, as data: buffers, and dispatches in their order. Knows no device.

use super::table::on_gpu;
use crate::kernel::gpu::{
    Buffer, BufferId, Contents, Dispatch, Epilogue, GpuOperation, Maps, Recorder, Scratch, Tuning, flags,
    record_copy, vectors,
};
use crate::kernel::layout::length;
use crate::kernel::{Activation, MapShape};
use crate::network::{Network, NodeId, Step, fuse};
use crate::operations::BackwardReads;

/// See the [module](self).
#[derive(Debug)]
pub struct Plan {
    /// Every buffer.
    pub buffers: Vec<Buffer>,
    /// From the input to the logits.
    pub forward: Vec<Dispatch>,
    /// From the logits' gradient to the input's.
    pub backward: Vec<Dispatch>,
    /// What the dispatches work for.
    pub steps: Vec<Step>,
    /// By node: its output, where it is a step's.
    outputs: Vec<Option<BufferId>>,
    /// By node: its gradient, and after how many dispatches of [`backward`](Self::backward) it is complete.
    gradients: Vec<Option<(BufferId, usize)>>,
}

impl Plan {
    /// Plans `network`.
    pub fn new(network: &Network, tuning: &Tuning) -> Self {
        let mut planner = Planner::new(network, tuning);
        for index in 0..planner.steps.len() {
            planner.forward(index);
        }
        let forward = planner.recorder.take();
        planner.gradient_of(network.logits());
        let mut complete_after = vec![0; network.nodes().len()];
        for index in (0..planner.steps.len()).rev() {
            complete_after[planner.steps[index].output.index()] = planner.recorder.len();
            planner.backward(index);
        }
        complete_after[NodeId::INPUT.index()] = planner.recorder.len();
        let backward = planner.recorder.take();
        let gradients = planner.gradients.iter().zip(complete_after);
        Self {
            gradients: gradients.map(|(buffer, count)| buffer.map(|buffer| (buffer, count))).collect(),
            forward,
            backward,
            steps: planner.steps,
            outputs: planner.outputs,
            buffers: planner.recorder.into_buffers(),
        }
    }

    /// [`backward`](Self::backward) for guided backpropagation: the same dispatches, into the same buffers.
    pub fn guided(&self) -> Vec<Dispatch> {
        self.backward.iter().map(Dispatch::guided).collect()
    }

    /// How many dispatches of [`forward`](Self::forward) it takes to complete the output of a layer, and of all before it.
    pub fn complete(&self, layer: NodeId) -> usize {
        self.forward.partition_point(|dispatch| self.steps[dispatch.step].output <= layer)
    }

    /// A node's output; `None` where it never exists by itself.
    pub fn output(&self, node: NodeId) -> Option<BufferId> {
        self.outputs[node.index()]
    }

    /// A node's gradient, and after how many dispatches of [`backward`](Self::backward) it is there. That of a node that
    /// is neither a layer nor the input may be masked, or overwritten later.
    pub fn gradient(&self, node: NodeId) -> Option<(BufferId, usize)> {
        self.gradients[node.index()]
    }

    /// The values that buffer number `index` begins with; `None` for those that the dispatches fill.
    pub fn initial(&self, network: &Network, index: usize) -> Option<Vec<f32>> {
        let Buffer { length, contents } = self.buffers[index];
        let Contents::Parameters { step, part } = contents else { return None };
        let id = self.steps[step].node;
        let node = network.node(id);
        let input = network.map_shape(*node.inputs.first()?);
        Some(on_gpu(&node.operation)?.initial(input, network.map_shape(id), part, length))
    }

    /// Whose parameters buffer number `index` holds.
    pub fn node_of(&self, index: usize) -> Option<NodeId> {
        match self.buffers[index].contents {
            Contents::Empty => None,
            Contents::Parameters { step, .. } => Some(self.steps[step].node),
        }
    }
}

/// What is known while a plan is made.
struct Planner<'a> {
    network: &'a Network,
    steps: Vec<Step>,
    recorder: Recorder<'a>,
    /// By node.
    outputs: Vec<Option<BufferId>>,
    /// By node.
    gradients: Vec<Option<BufferId>>,
    /// By node: whether whoever makes its gradient masks it, as nobody but its ReLU will read it.
    is_masked_when_stored: Vec<bool>,
    /// By step: what the way forward leaves for the way back.
    own: Vec<Vec<BufferId>>,
    /// Gradients that have been passed on, and that nobody asks for.
    free: Vec<BufferId>,
}

impl<'a> Planner<'a> {
    fn new(network: &'a Network, tuning: &'a Tuning) -> Self {
        let nodes = network.nodes().len();
        let steps = fuse(network);
        let mut recorder = Recorder::new(tuning);
        let mut outputs = vec![None; nodes];
        outputs[NodeId::INPUT.index()] = Some(recorder.buffer(length(network.input_shape())));
        Self {
            is_masked_when_stored: masked_when_stored(network, &steps),
            network,
            steps,
            recorder,
            outputs,
            gradients: vec![None; nodes],
            own: Vec::new(),
            free: Vec::new(),
        }
    }

    fn operation(&self, index: usize) -> &'a dyn GpuOperation {
        let operation = &self.network.node(self.steps[index].node).operation;
        // Steps are of nodes behind the input, all of which have a line in the table.
        on_gpu(operation).expect("an operation behind the input")
    }

    /// The output of a node that a step reads: some step before it made it.
    fn output(&self, node: NodeId) -> BufferId {
        self.outputs[node.index()].expect("what is read has been made")
    }

    /// Computes the output of a step.
    fn forward(&mut self, index: usize) {
        self.recorder.begin(index);
        let step = self.steps[index].clone();
        let output = self.recorder.buffer(length(self.network.map_shape(step.output)));
        self.outputs[step.output.index()] = Some(output);
        let mut epilogue = Epilogue::plain(output);
        if let Some(residual) = step.residual {
            epilogue = epilogue.with_residual(self.output(residual));
        }
        if let Some(activation) = step.activation {
            epilogue = epilogue.with_activation(activation);
        }
        let own =
            self.with_maps(index, |operation, recorder, maps| operation.record_forward(recorder, maps, epilogue));
        self.own.push(own);
    }

    /// Passes the gradient of a step's output on to what it is computed from.
    fn backward(&mut self, index: usize) {
        self.recorder.begin(index);
        let step = self.steps[index].clone();
        // An output without a gradient has no way to the logits.
        let Some(gradient) = self.gradients[step.output.index()] else { return };
        let before = self.before_epilogue(&step, gradient);
        let inputs = self.network.node(step.node).inputs.clone();
        for (number, &input) in inputs.iter().enumerate() {
            let epilogue = self.contribution(input);
            let own = std::mem::take(&mut self.own[index]);
            self.with_maps(index, |operation, recorder, maps| {
                operation.record_input_gradient(recorder, number, maps, &own, before, epilogue);
            });
            self.own[index] = own;
        }
        if !self.stays(step.output) && step.output != self.network.logits() {
            self.free.push(gradient);
        }
    }

    fn with_maps<R>(
        &mut self,
        index: usize,
        record: impl FnOnce(&dyn GpuOperation, &mut Recorder<'a>, Maps) -> R,
    ) -> R {
        let operation = self.operation(index);
        let Step { node, output, .. } = self.steps[index];
        let ids = &self.network.node(node).inputs;
        let input_shapes: Vec<MapShape> = ids.iter().map(|&id| self.network.map_shape(id)).collect();
        let inputs: Vec<BufferId> = ids.iter().map(|&id| self.output(id)).collect();
        let maps = Maps {
            input_shapes: &input_shapes,
            output_shape: self.network.map_shape(node),
            inputs: &inputs,
            output: self.output(output),
        };
        record(operation, &mut self.recorder, maps)
    }

    /// The gradient of what a step's operation itself computes, given that of its output; the residual gets its share on
    /// the way.
    fn before_epilogue(&mut self, step: &Step, gradient: BufferId) -> BufferId {
        let is_masked = self.is_masked_when_stored[step.output.index()];
        let mask = matches!(step.activation, Some(Activation::Relu)) && !is_masked;
        // What a residual gets first is just what is wanted here.
        let shared = step.residual.filter(|&residual| {
            mask && self.gradients[residual.index()].is_none()
                && !self.is_masked_when_stored[residual.index()]
                && !self.network.node(step.node).inputs.contains(&residual)
        });
        let shape = self.network.map_shape(step.output);
        let before = match shared {
            _ if !mask => gradient,
            Some(residual) => self.gradient_of(residual),
            None => self.recorder.scratch(Scratch::Gradient, length(shape)),
        };
        if mask {
            let epilogue = Epilogue::plain(before).with_mask(self.output(step.output));
            record_copy(&mut self.recorder, gradient, vectors(shape), epilogue);
        }
        if let (Some(residual), None) = (step.residual, shared) {
            let epilogue = self.contribution(residual);
            record_copy(&mut self.recorder, before, vectors(shape), epilogue);
        }
        before
    }

    /// Where a share of `node`'s gradient goes, and how: the first is stored, any other added to it.
    fn contribution(&mut self, node: NodeId) -> Epilogue {
        let accumulate = if self.gradients[node.index()].is_some() { flags::ACCUMULATE } else { 0 };
        let mut epilogue = Epilogue::plain(self.gradient_of(node));
        epilogue.flags |= accumulate;
        if self.is_masked_when_stored[node.index()] { epilogue.with_mask(self.output(node)) } else { epilogue }
    }

    /// The buffer of `node`'s gradient.
    fn gradient_of(&mut self, node: NodeId) -> BufferId {
        if let Some(buffer) = self.gradients[node.index()] {
            return buffer;
        }
        let values = length(self.network.map_shape(node));
        let reusable = match self.stays(node) {
            true => None,
            false => self.free.iter().position(|&buffer| self.recorder.length(buffer) == values),
        };
        let buffer = match reusable {
            Some(position) => self.free.swap_remove(position),
            None => self.recorder.buffer(values),
        };
        self.gradients[node.index()] = Some(buffer);
        buffer
    }

    /// Whether a node's gradient stays: it may be asked for.
    fn stays(&self, node: NodeId) -> bool {
        node == NodeId::INPUT || self.network.is_layer(node)
    }
}

/// By node: whether its output ends with a ReLU and is read by one operation only, whose epilogue then has the mask to spare.
fn masked_when_stored(network: &Network, steps: &[Step]) -> Vec<bool> {
    let mut uses = vec![0; network.nodes().len()];
    // An operation whose gradient looks at its own output reads that by the same binding as the mask.
    let mut has_mask_to_spare = vec![true; network.nodes().len()];
    for step in steps {
        let node = network.node(step.node);
        for input in node.inputs.iter().chain(&step.residual) {
            uses[input.index()] += 1;
        }
        if matches!(node.operation.facts().backward_reads, BackwardReads::Output | BackwardReads::Both) {
            node.inputs.iter().for_each(|input| has_mask_to_spare[input.index()] = false);
        }
    }
    let mut masked = vec![false; network.nodes().len()];
    for step in steps {
        let output = step.output;
        masked[output.index()] = step.activation.is_some()
            && !network.is_layer(output)
            && uses[output.index()] == 1
            && has_mask_to_spare[output.index()];
    }
    masked
}
