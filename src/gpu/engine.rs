//! Executes a plan on a device.

use super::device::Gpu;
use super::plan::Plan;
use super::steps::{Step, Steps};
use crate::engine::{Description, Engine, EngineError, FeatureMaps, check_layer, check_length};
use crate::kernel::ReluRule;
use crate::kernel::gpu::BufferId;
use crate::kernel::layout::{length, to_cells, to_channels};
use crate::network::{Network, NodeId};
use std::cell::OnceCell;

/// See the [module of the folder](super).
pub struct GpuEngine {
    pub(super) network: Network,
    pub(super) gpu: Gpu,
    pub(super) plan: Plan,
    /// As in the plan.
    buffers: Vec<wgpu::Buffer>,
    pub(super) forward: Steps,
    pub(super) backward: Steps,
    /// The way back of guided backpropagation, made at its first use.
    guided: OnceCell<Steps>,
    /// What is read back goes through here.
    staging: wgpu::Buffer,
    /// Whether there has been a forward.
    pub(super) forwarded: bool,
    pub(super) way_back: Option<WayBack>,
}

/// Whose gradients the buffers hold.
pub(super) struct WayBack {
    cotangent: Vec<f32>,
    rule: ReluRule,
    /// How many dispatches of the way back they have taken so far.
    done: usize,
}

impl GpuEngine {
    /// Prepares `network` for execution: packs its weights, uploads them, and makes all buffers and pipelines.
    pub async fn new(gpu: Gpu, network: Network) -> Result<Self, EngineError> {
        let plan = Plan::new(&network, gpu.tuning());
        gpu.checked(|| Self::make(gpu.clone(), network, plan)).await
    }

    fn make(gpu: Gpu, network: Network, plan: Plan) -> Self {
        let storage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
        let buffers: Vec<wgpu::Buffer> = plan
            .buffers
            .iter()
            .enumerate()
            .map(|(index, buffer)| match plan.initial(&network, index) {
                Some(values) => gpu.filled(&values, storage),
                None => gpu.device().create_buffer(&wgpu::BufferDescriptor {
                    label: None,
                    size: (buffer.length * size_of::<f32>()) as u64,
                    usage: storage | wgpu::BufferUsages::COPY_SRC,
                    mapped_at_creation: false,
                }),
            })
            .collect();
        let forward = Steps::new(&gpu, &buffers, &plan.forward);
        let backward = Steps::new(&gpu, &buffers, &plan.backward);
        let largest = network.nodes().iter().map(|node| length(node.shape.as_map())).max().unwrap_or(0);
        let staging = gpu.device().create_buffer(&wgpu::BufferDescriptor {
            label: Some("read back"),
            size: (largest * size_of::<f32>()) as u64,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Self {
            network,
            gpu,
            plan,
            buffers,
            forward,
            backward,
            guided: OnceCell::new(),
            staging,
            forwarded: false,
            way_back: None,
        }
    }

    /// Has `values` put into a buffer, by way of the one returned.
    pub(super) fn upload(&self, encoder: &mut wgpu::CommandEncoder, values: &[f32], to: BufferId) -> wgpu::Buffer {
        self.upload_to(encoder, values, to.index())
    }

    fn upload_to(&self, encoder: &mut wgpu::CommandEncoder, values: &[f32], buffer: usize) -> wgpu::Buffer {
        let source = self.gpu.filled(values, wgpu::BufferUsages::COPY_SRC);
        encoder.copy_buffer_to_buffer(&source, 0, &self.buffers[buffer], 0, source.size());
        source
    }

    /// Uploads, runs `steps`, and reads `values` values of a buffer back; all in one submission.
    async fn submit(
        &self,
        upload: Option<(&[f32], BufferId)>,
        steps: &[Step],
        from: BufferId,
        values: usize,
    ) -> Result<Vec<f32>, EngineError> {
        let bytes = (values * size_of::<f32>()) as u64;
        let mut uploaded = None;
        let read = self.gpu.run(&self.staging, bytes, |encoder| {
            uploaded = upload.map(|(values, to)| self.upload(encoder, values, to));
            if !steps.is_empty() {
                let mut pass = encoder.begin_compute_pass(&Default::default());
                steps.iter().for_each(|step| step.encode(&mut pass));
            }
            encoder.copy_buffer_to_buffer(&self.buffers[from.index()], 0, &self.staging, 0, bytes);
        });
        let read = read.await;
        if let Some(buffer) = uploaded {
            buffer.destroy();
        }
        read
    }

    /// Uploads the parameters of `network` that are not those of this engine's, in one submission: if it fails, nothing
    /// has changed.
    fn upload_changes(&self, network: &Network) {
        let mut encoder = self.gpu.device().create_command_encoder(&Default::default());
        let mut uploaded = Vec::new();
        let is_new = |node: NodeId| !network.node(node).operation.is_same(&self.network.node(node).operation);
        for index in 0..self.buffers.len() {
            if self.plan.node_of(index).is_some_and(is_new)
                && let Some(values) = self.plan.initial(network, index)
            {
                uploaded.push(self.upload_to(&mut encoder, &values, index));
            }
        }
        self.gpu.queue().submit([encoder.finish()]);
        uploaded.iter().for_each(wgpu::Buffer::destroy);
    }

    /// The buffer of a node's output.
    pub(super) fn output(&self, node: NodeId) -> Result<BufferId, EngineError> {
        self.plan.output(node).ok_or(EngineError::NotKept { node: node.index() })
    }

    /// Takes `values`, channel by channel, for the output of `node`, computes all that comes behind it, and returns the
    /// logits.
    async fn run_from(&mut self, node: NodeId, values: &[f32]) -> Result<Vec<f32>, EngineError> {
        self.forwarded = false;
        self.way_back = None;
        let cells = to_cells(self.network.map_shape(node), values);
        let upload = Some((cells.as_slice(), self.output(node)?));
        let steps = &self.forward.all()[self.plan.complete(node)..];
        let logits = self.output(self.network.logits())?;
        let values = self.submit(upload, steps, logits, self.network.classes()).await?;
        if values.iter().any(|logit| !logit.is_finite()) {
            return Err(EngineError::NotFinite);
        }
        self.forwarded = true;
        Ok(values)
    }

    /// The gradient at `node`, going on from what the buffers hold already.
    async fn gradient_at(
        &mut self,
        cotangent: &[f32],
        rule: ReluRule,
        node: NodeId,
    ) -> Result<FeatureMaps, EngineError> {
        check_length("cotangent", cotangent.len(), self.network.classes())?;
        if !self.forwarded {
            return Err(EngineError::NoForward);
        }
        let (buffer, end) = self.plan.gradient(node).ok_or(EngineError::NotALayer { node: node.index() })?;
        let logits = self.network.logits();
        // The logits got a gradient first of all.
        let (start, _) = self.plan.gradient(logits).ok_or(EngineError::NoForward)?;
        let backward = match (rule, self.guided.get()) {
            (ReluRule::Gradient, _) => &self.backward,
            (ReluRule::Guided, Some(guided)) => guided,
            (ReluRule::Guided, None) => {
                let make = || Steps::new(&self.gpu, &self.buffers, &self.plan.guided());
                let made = self.gpu.checked(make).await?;
                self.guided.get_or_init(|| made)
            }
        };
        let (done, upload) = match self.way_back.take() {
            Some(last) if last.cotangent == cotangent && last.rule == rule => (last.done, None),
            _ => (0, Some(to_cells(self.network.map_shape(logits), cotangent))),
        };
        let upload = upload.as_deref().map(|values| (values, start));
        let steps = backward.all().get(done..end).unwrap_or(&[]);
        let shape = self.network.map_shape(node);
        let cells = self.submit(upload, steps, buffer, length(shape)).await?;
        self.way_back = Some(WayBack { cotangent: cotangent.to_vec(), rule, done: done.max(end) });
        Ok(FeatureMaps { shape, values: to_channels(shape, &cells) })
    }
}

/// Everything a GPU engine holds is given back at once, not when a garbage collector finds the time.
impl Drop for GpuEngine {
    fn drop(&mut self) {
        for buffer in self.buffers.iter().chain([&self.staging]) {
            buffer.destroy();
        }
    }
}

impl Engine for GpuEngine {
    fn network(&self) -> &Network {
        &self.network
    }

    fn description(&self) -> Description {
        Description { kind: "webgpu", adapter: Some(self.gpu.adapter().to_string()), threads: 1, simd: "none" }
    }

    async fn forward(&mut self, input: &[f32]) -> Result<Vec<f32>, EngineError> {
        check_length("input", input.len(), self.network.input_shape().len())?;
        self.run_from(NodeId::INPUT, input).await
    }

    async fn activation(&mut self, node: NodeId) -> Result<FeatureMaps, EngineError> {
        if !self.forwarded {
            return Err(EngineError::NoForward);
        }
        let shape = self.network.map_shape(node);
        let cells = self.submit(None, &[], self.output(node)?, length(shape)).await?;
        Ok(FeatureMaps { shape, values: to_channels(shape, &cells) })
    }

    async fn gradient(&mut self, cotangent: &[f32], layer: NodeId) -> Result<FeatureMaps, EngineError> {
        if layer != NodeId::INPUT {
            check_layer(&self.network, layer)?;
        }
        self.gradient_at(cotangent, ReluRule::Gradient, layer).await
    }

    async fn guided_gradient(&mut self, cotangent: &[f32]) -> Result<FeatureMaps, EngineError> {
        self.gradient_at(cotangent, ReluRule::Guided, NodeId::INPUT).await
    }

    async fn forward_from(&mut self, layer: NodeId, activation: &[f32]) -> Result<Vec<f32>, EngineError> {
        check_layer(&self.network, layer)?;
        check_length("activation", activation.len(), self.network.map_shape(layer).len())?;
        if !self.forwarded {
            return Err(EngineError::NoForward);
        }
        self.run_from(layer, activation).await
    }

    async fn replace(&mut self, network: Network) -> Result<(), EngineError> {
        if !self.network.has_same_graph(&network) {
            return Err(EngineError::OtherGraph);
        }
        self.forwarded = false;
        self.way_back = None;
        self.gpu.still_there()?;
        self.gpu.checked(|| self.upload_changes(&network)).await?;
        self.network = network;
        Ok(())
    }
}
