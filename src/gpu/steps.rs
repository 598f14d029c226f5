//! Dispatches made real on a device.

use super::device::Gpu;
use crate::kernel::gpu::Dispatch;

/// Uniform buffers are bound at multiples of this many bytes on every adapter.
const PARAMETERS_STRIDE: usize = 256;

/// Dispatches that run one after the other.
pub(super) struct Steps {
    /// Of all of them.
    parameters: wgpu::Buffer,
    steps: Vec<Step>,
}

pub(super) struct Step {
    pipeline: wgpu::ComputePipeline,
    bindings: wgpu::BindGroup,
    workgroups: [u32; 3],
}

impl Steps {
    /// `buffers` are those of the plan that the dispatches come from.
    pub fn new(gpu: &Gpu, buffers: &[wgpu::Buffer], dispatches: &[Dispatch]) -> Self {
        let mut words = Vec::new();
        for dispatch in dispatches {
            words.extend(dispatch.words());
            words.resize(words.len().next_multiple_of(PARAMETERS_STRIDE / size_of::<u32>()), 0);
        }
        let parameters = gpu.filled(&words, wgpu::BufferUsages::UNIFORM);
        let step = |(index, dispatch)| Step::new(gpu, buffers, &parameters, index, dispatch);
        let steps = dispatches.iter().enumerate().map(step).collect();
        Self { parameters, steps }
    }

    /// Each of them, in their order.
    pub fn all(&self) -> &[Step] {
        &self.steps
    }
}

impl Step {
    fn new(
        gpu: &Gpu,
        buffers: &[wgpu::Buffer],
        parameters: &wgpu::Buffer,
        index: usize,
        dispatch: &Dispatch,
    ) -> Self {
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
        Self { pipeline, bindings, workgroups: dispatch.workgroups }
    }

    pub fn encode(&self, pass: &mut wgpu::ComputePass) {
        let [x, y, z] = self.workgroups;
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.dispatch_workgroups(x, y, z);
    }
}

/// Given back at once, as all that an engine holds is.
impl Drop for Steps {
    fn drop(&mut self) {
        self.parameters.destroy();
    }
}
