//! How long each dispatch takes, by the GPU's own clock: for benchmarks.

use super::GpuEngine;
use crate::engine::{EngineError, check_length};
use crate::kernel::layout::to_cells;
use crate::network::NodeId;

/// One dispatch.
#[derive(Debug, Clone, PartialEq)]
pub struct DispatchTime {
    /// Index of the node it works for.
    pub node: usize,
    /// Name of the kernel.
    pub kernel: String,
    /// How long it took.
    pub microseconds: f64,
}

impl GpuEngine {
    /// Runs a forward of `input` and the gradient of `cotangent` at the input, every dispatch by itself. An error where the
    /// adapter keeps no time.
    pub async fn profile(&mut self, input: &[f32], cotangent: &[f32]) -> Result<Vec<DispatchTime>, EngineError> {
        let network = &self.network;
        check_length("input", input.len(), network.input_shape().len())?;
        check_length("cotangent", cotangent.len(), network.classes())?;
        let device = self.gpu.device();
        if !device.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
            return Err(EngineError::GpuRefused { reason: "the adapter keeps no time".to_string() });
        }
        let logits = network.logits();
        let (start, _) = self.plan.gradient(logits).ok_or(EngineError::NoForward)?;
        let uploads = [
            (to_cells(network.input_shape(), input), self.output(NodeId::INPUT)?),
            (to_cells(network.map_shape(logits), cotangent), start),
        ];
        let steps: Vec<_> = self.forward.all().iter().chain(self.backward.all()).collect();
        let count = 2 * steps.len() as u32;
        let bytes = u64::from(count) * size_of::<u64>() as u64;
        let buffer = |usage| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size: bytes,
                usage,
                mapped_at_creation: false,
            })
        };
        let queries = device.create_query_set(&wgpu::QuerySetDescriptor {
            label: None,
            ty: wgpu::QueryType::Timestamp,
            count,
        });
        let resolved = buffer(wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC);
        let readable = buffer(wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST);
        let encode = |encoder: &mut wgpu::CommandEncoder| {
            for (values, to) in &uploads {
                self.upload(encoder, values, *to);
            }
            for (index, step) in steps.iter().enumerate() {
                let first = 2 * index as u32;
                let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                    label: None,
                    timestamp_writes: Some(wgpu::ComputePassTimestampWrites {
                        query_set: &queries,
                        beginning_of_pass_write_index: Some(first),
                        end_of_pass_write_index: Some(first + 1),
                    }),
                });
                step.encode(&mut pass);
            }
            encoder.resolve_query_set(&queries, 0..count, &resolved, 0);
            encoder.copy_buffer_to_buffer(&resolved, 0, &readable, 0, bytes);
        };
        let times: Vec<u64> = self.gpu.run(&readable, bytes, encode).await?;
        self.forwarded = true;
        self.way_back = None;
        let period = f64::from(self.gpu.queue().get_timestamp_period());
        let dispatches = self.plan.forward.iter().chain(&self.plan.backward);
        Ok(dispatches
            .zip(times.as_chunks::<2>().0)
            .map(|(dispatch, [start, end])| DispatchTime {
                node: self.plan.steps[dispatch.step].node.index(),
                kernel: dispatch.kernel.name.to_string(),
                microseconds: end.saturating_sub(*start) as f64 * period / 1e3,
            })
            .collect())
    }
}
