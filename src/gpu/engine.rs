//! Executes a plan on a device.

use super::device::Gpu;
use super::plan::{BufferId, Dispatch, Plan};
use super::weights;
use crate::engine::layout::{length, to_cells, to_channels};
use crate::engine::{Description, Engine, EngineError, FeatureMaps, check_length};
use crate::network::{Network, NodeId};

/// Uniform buffers are bound at multiples of this many bytes on every adapter.
const PARAMETERS_STRIDE: usize = 256;

/// See the [module of the folder](super).
pub struct GpuEngine {
    pub(super) network: Network,
    pub(super) gpu: Gpu,
    pub(super) plan: Plan,
    /// As in the plan.
    buffers: Vec<wgpu::Buffer>,
    /// Parameters of all dispatches.
    parameters: wgpu::Buffer,
    pub(super) forward: Vec<Step>,
    pub(super) backward: Vec<Step>,
    /// What is read back goes through here.
    staging: wgpu::Buffer,
    /// Whether there has been a forward.
    pub(super) forwarded: bool,
    /// The seed whose gradients the buffers hold, and how many dispatches they have taken so far.
    pub(super) seeded: Option<(Vec<f32>, usize)>,
}

/// A dispatch made real.
pub(super) struct Step {
    pipeline: wgpu::ComputePipeline,
    bindings: wgpu::BindGroup,
    workgroups: [u32; 3],
}

impl Step {
    pub(super) fn encode(&self, pass: &mut wgpu::ComputePass) {
        let [x, y, z] = self.workgroups;
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.dispatch_workgroups(x, y, z);
    }
}

impl GpuEngine {
    /// Prepares `network` for execution: packs its weights, uploads them, and makes all buffers and pipelines.
    pub async fn new(gpu: Gpu, network: Network) -> Result<Self, EngineError> {
        let plan = Plan::new(&network, gpu.tuning());
        gpu.checked(|| Self::make(gpu.clone(), network, plan)).await
    }

    fn make(gpu: Gpu, network: Network, plan: Plan) -> Self {
        let buffers: Vec<wgpu::Buffer> = plan
            .buffers
            .iter()
            .map(|buffer| match weights::initial(&network, buffer.contents, buffer.length) {
                Some(values) => filled(&gpu, &values, wgpu::BufferUsages::STORAGE),
                None => gpu.device().create_buffer(&wgpu::BufferDescriptor {
                    label: None,
                    size: (buffer.length * size_of::<f32>()) as u64,
                    usage: wgpu::BufferUsages::STORAGE
                        | wgpu::BufferUsages::COPY_SRC
                        | wgpu::BufferUsages::COPY_DST,
                    mapped_at_creation: false,
                }),
            })
            .collect();
        let mut words = Vec::new();
        for dispatch in plan.forward.iter().chain(&plan.backward) {
            words.extend(&dispatch.parameters);
            words.resize(words.len().next_multiple_of(PARAMETERS_STRIDE / size_of::<u32>()), 0);
        }
        let parameters = filled(&gpu, &words, wgpu::BufferUsages::UNIFORM);
        let steps = |dispatches: &[Dispatch], first: usize| -> Vec<Step> {
            let step = |(index, dispatch)| Self::step(&gpu, &buffers, &parameters, first + index, dispatch);
            dispatches.iter().enumerate().map(step).collect()
        };
        let forward = steps(&plan.forward, 0);
        let backward = steps(&plan.backward, plan.forward.len());
        let largest = network.nodes().iter().map(|node| length(node.shape)).max().unwrap_or(0);
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
            parameters,
            forward,
            backward,
            staging,
            forwarded: false,
            seeded: None,
        }
    }

    fn step(
        gpu: &Gpu,
        buffers: &[wgpu::Buffer],
        parameters: &wgpu::Buffer,
        index: usize,
        dispatch: &Dispatch,
    ) -> Step {
        let pipeline = gpu.pipeline(dispatch.kernel);
        let uniform = wgpu::BindGroupEntry {
            binding: 0,
            resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer: parameters,
                offset: (index * PARAMETERS_STRIDE) as u64,
                size: std::num::NonZero::new(PARAMETERS_STRIDE as u64),
            }),
        };
        let bound = dispatch.buffers.iter().enumerate().map(|(place, id)| wgpu::BindGroupEntry {
            binding: place as u32 + 1,
            resource: buffers[id.index()].as_entire_binding(),
        });
        let bindings = gpu.device().create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &std::iter::once(uniform).chain(bound).collect::<Vec<_>>(),
        });
        Step { pipeline, bindings, workgroups: dispatch.workgroups }
    }

    /// Has `values` put into a buffer, by way of the one returned.
    pub(super) fn upload(&self, encoder: &mut wgpu::CommandEncoder, values: &[f32], to: BufferId) -> wgpu::Buffer {
        let source = filled(&self.gpu, values, wgpu::BufferUsages::COPY_SRC);
        encoder.copy_buffer_to_buffer(&source, 0, &self.buffers[to.index()], 0, source.size());
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
}

/// Everything a GPU engine holds is given back at once, not when a garbage collector finds the time.
impl Drop for GpuEngine {
    fn drop(&mut self) {
        for buffer in self.buffers.iter().chain([&self.parameters, &self.staging]) {
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
        let shape = self.network.input_shape();
        check_length("input", input.len(), shape.len())?;
        self.forwarded = false;
        self.seeded = None;
        let cells = to_cells(shape, input);
        let logits = self.network.logits();
        let classes = self.network.classes();
        let upload = Some((cells.as_slice(), self.plan.output(NodeId::INPUT)));
        let values = self.submit(upload, &self.forward, self.plan.output(logits), classes).await?;
        if values.iter().any(|logit| !logit.is_finite()) {
            return Err(EngineError::NotFinite);
        }
        self.forwarded = true;
        Ok(values)
    }

    async fn activation(&mut self, node: NodeId) -> Result<FeatureMaps, EngineError> {
        if !self.forwarded {
            return Err(EngineError::NoForward);
        }
        let shape = self.network.node(node).shape;
        let cells = self.submit(None, &[], self.plan.output(node), length(shape)).await?;
        Ok(FeatureMaps { shape, values: to_channels(shape, &cells) })
    }

    async fn gradient(&mut self, seed: &[f32], layer: NodeId) -> Result<FeatureMaps, EngineError> {
        check_length("seed", seed.len(), self.network.classes())?;
        if !self.forwarded {
            return Err(EngineError::NoForward);
        }
        let is_layer = self.network.layers().iter().any(|known| known.node == layer);
        let planned = self.plan.gradient(layer).filter(|_| is_layer || layer == NodeId::INPUT);
        let (buffer, end) = planned.ok_or(EngineError::NotALayer { node: layer.index() })?;
        let logits = self.network.logits();
        // The logits got a gradient first of all.
        let (seed_buffer, _) = self.plan.gradient(logits).ok_or(EngineError::NoForward)?;
        let (done, upload) = match self.seeded.take() {
            Some((last, done)) if last == seed => (done, None),
            _ => (0, Some(to_cells(self.network.node(logits).shape, seed))),
        };
        let upload = upload.as_deref().map(|values| (values, seed_buffer));
        let steps = self.backward.get(done..end).unwrap_or(&[]);
        let shape = self.network.node(layer).shape;
        let cells = self.submit(upload, steps, buffer, length(shape)).await?;
        self.seeded = Some((seed.to_vec(), done.max(end)));
        Ok(FeatureMaps { shape, values: to_channels(shape, &cells) })
    }
}

/// A buffer that begins with `values`. Filled while it is mapped: memory that threads share can be written in no other way.
fn filled<T: bytemuck::NoUninit>(gpu: &Gpu, values: &[T], usage: wgpu::BufferUsages) -> wgpu::Buffer {
    let buffer = gpu.device().create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: size_of_val(values) as u64,
        usage,
        mapped_at_creation: true,
    });
    // A buffer that could not be made has no memory; the error scope around this says so.
    if let Ok(mut view) = buffer.get_mapped_range_mut(..) {
        view.copy_from_slice(bytemuck::cast_slice(values));
    }
    buffer.unmap();
    buffer
}
