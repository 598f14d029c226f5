//! A GPU: its adapter, the device and queue, the pipelines made so far, and what went wrong on it.

use super::table::kernels;
use crate::engine::EngineError;
use crate::kernel::gpu::{Kernel, Tuning};
use futures_channel::oneshot;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

/// A connection to a GPU. Clones are of the same device.
#[derive(Clone)]
pub struct Gpu(Rc<Shared>);

struct Shared {
    device: wgpu::Device,
    queue: wgpu::Queue,
    adapter: String,
    software: bool,
    tuning: Tuning,
    /// By name of the kernel.
    pipelines: RefCell<HashMap<&'static str, wgpu::ComputePipeline>>,
    /// Why the device is of no use any more.
    lost: Arc<Mutex<Option<String>>>,
}

impl Gpu {
    /// Connects to the machine's most powerful adapter.
    pub async fn request() -> Result<Self, EngineError> {
        Self::request_tuned(None).await
    }

    /// The same, with the work cut up in another way than is usual for the adapter.
    pub async fn request_tuned(tuning: Option<Tuning>) -> Result<Self, EngineError> {
        let instance = wgpu::Instance::default();
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        };
        let adapter = instance.request_adapter(&options).await.map_err(|_| EngineError::NoAdapter)?;
        let info = adapter.get_info();
        let software = info.device_type == wgpu::DeviceType::Cpu;
        // What every adapter of WebGPU offers is enough. Timestamps are for benchmarks.
        let descriptor = wgpu::DeviceDescriptor {
            required_features: adapter.features() & wgpu::Features::TIMESTAMP_QUERY,
            ..Default::default()
        };
        let (device, queue) = adapter.request_device(&descriptor).await.map_err(|_| EngineError::NoDevice)?;

        let lost = Arc::new(Mutex::new(None));
        let told = Arc::clone(&lost);
        device.set_device_lost_callback(move |reason, message| {
            let text = if message.is_empty() { format!("{reason:?}") } else { message };
            *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
        });
        // Errors are looked for where they are made; one outside of that must not end the program.
        device.on_uncaptured_error(Arc::new(|_| {}));
        let tuning = tuning.unwrap_or(if software { Tuning::SOFTWARE } else { Tuning::HARDWARE });
        let adapter = name(&device, &info);
        Ok(Self(Rc::new(Shared { device, queue, adapter, software, tuning, pipelines: RefCell::default(), lost })))
    }

    /// The adapter's name.
    pub fn adapter(&self) -> &str {
        &self.0.adapter
    }

    /// Whether it is a software adapter.
    pub fn is_software(&self) -> bool {
        self.0.software
    }

    /// Compiles all kernels.
    pub async fn compile(&self) -> Result<(), EngineError> {
        self.checked(|| {
            for kernel in kernels().filter(|kernel| kernel.is_used(self.tuning())) {
                self.pipeline(kernel);
            }
        })
        .await
    }

    /// Gives the device and all its memory back. Engines on it fail from now on.
    pub fn destroy(&self) {
        self.0.device.destroy();
    }

    pub(super) fn device(&self) -> &wgpu::Device {
        &self.0.device
    }

    pub(super) fn queue(&self) -> &wgpu::Queue {
        &self.0.queue
    }

    pub(super) fn tuning(&self) -> &Tuning {
        &self.0.tuning
    }

    /// The pipeline of `kernel`, compiled at its first use.
    pub(super) fn pipeline(&self, kernel: &'static Kernel) -> wgpu::ComputePipeline {
        let mut pipelines = self.0.pipelines.borrow_mut();
        let pipeline = pipelines.entry(kernel.name).or_insert_with(|| {
            let source = kernel.source(self.tuning());
            let module = self.device().create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(kernel.name),
                source: wgpu::ShaderSource::Wgsl(source.into()),
            });
            self.device().create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(kernel.name),
                layout: None,
                module: &module,
                entry_point: Some("main"),
                compilation_options: wgpu::PipelineCompilationOptions {
                    // The only such memory is written before it is read.
                    zero_initialize_workgroup_memory: false,
                    ..Default::default()
                },
                cache: None,
            })
        });
        pipeline.clone()
    }

    /// A buffer that begins with `values`. Filled while it is mapped: memory that threads share can be written in no other
    /// way.
    pub(super) fn filled<T: bytemuck::NoUninit>(&self, values: &[T], usage: wgpu::BufferUsages) -> wgpu::Buffer {
        let buffer = self.device().create_buffer(&wgpu::BufferDescriptor {
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

    /// Does `work`, and waits until it is known whether any of it went wrong.
    pub(super) async fn checked<T>(&self, work: impl FnOnce() -> T) -> Result<T, EngineError> {
        let scopes = [wgpu::ErrorFilter::OutOfMemory, wgpu::ErrorFilter::Internal, wgpu::ErrorFilter::Validation]
            .map(|filter| self.device().push_error_scope(filter));
        let result = work();
        // Scopes end in the reverse of the order they began in.
        let mut errors = Vec::new();
        for scope in scopes.into_iter().rev() {
            errors.push(scope.pop());
        }
        let mut failure = None;
        for error in errors {
            if let Some(error) = error.await {
                failure.get_or_insert(error);
            }
        }
        if failure.is_some() {
            // Lets a lost device be noticed, where that does not happen by itself: that is then the reason. It is noticed after
            // whatever the device was still at.
            let _ = self.device().poll(wgpu::PollType::wait_indefinitely());
        }
        self.still_there()?;
        match failure {
            None => Ok(result),
            Some(wgpu::Error::OutOfMemory { .. }) => Err(EngineError::OutOfGpuMemory),
            Some(error) => Err(refused(&error)),
        }
    }

    /// Submits what `encode` says, which ends with a copy to `readable`, and returns the first `bytes` of that.
    pub(super) async fn run<T: bytemuck::AnyBitPattern + bytemuck::NoUninit>(
        &self,
        readable: &wgpu::Buffer,
        bytes: u64,
        encode: impl FnOnce(&mut wgpu::CommandEncoder),
    ) -> Result<Vec<T>, EngineError> {
        self.still_there()?;
        let (done, mapped) = oneshot::channel();
        let checked = self.checked(|| {
            let mut encoder = self.device().create_command_encoder(&Default::default());
            encode(&mut encoder);
            self.queue().submit([encoder.finish()]);
            readable.map_async(wgpu::MapMode::Read, 0..bytes, move |result| {
                // Nobody listens any more where the caller has gone.
                let _ = done.send(result);
            });
        });
        checked.await?;
        // In a browser this does nothing, and the answer comes all the same.
        self.device().poll(wgpu::PollType::wait_indefinitely()).map_err(|error| refused(&error))?;
        let answer = mapped.await;
        self.still_there()?;
        let unreadable = || refused(&"the answer could not be read");
        if !matches!(answer, Ok(Ok(()))) {
            return Err(unreadable());
        }
        let view = readable.get_mapped_range(0..bytes).map_err(|_| unreadable())?;
        let values = bytemuck::pod_collect_to_vec(&view);
        drop(view);
        readable.unmap();
        Ok(values)
    }

    /// Whether the device can still be used.
    pub fn still_there(&self) -> Result<(), EngineError> {
        match &*self.0.lost.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Ok(()),
            Some(reason) => Err(EngineError::DeviceLost { reason: reason.clone() }),
        }
    }
}

/// A driver's words, which may be many, as part of a sentence.
fn refused(words: &impl ToString) -> EngineError {
    let words = words.to_string();
    let first = words.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("unknown reason");
    EngineError::GpuRefused { reason: first.trim_end_matches('.').to_string() }
}

/// What to call the adapter.
#[cfg(not(target_arch = "wasm32"))]
fn name(_device: &wgpu::Device, info: &wgpu::AdapterInfo) -> String {
    info.name.clone()
}

/// What to call the adapter: browsers rarely tell its name, but its maker and architecture.
#[cfg(target_arch = "wasm32")]
fn name(device: &wgpu::Device, info: &wgpu::AdapterInfo) -> String {
    use js_sys::Reflect;
    if !info.name.is_empty() {
        return info.name.clone();
    }
    let facts = device.as_webgpu().and_then(|device| Reflect::get(device, &"adapterInfo".into()).ok());
    let fact = |name: &str| {
        let value = Reflect::get(facts.as_ref()?, &name.into()).ok()?.as_string()?;
        (!value.is_empty()).then_some(value)
    };
    let known: Vec<String> = ["vendor", "architecture"].into_iter().filter_map(fact).collect();
    if known.is_empty() { "GPU".to_string() } else { known.join(" ") }
}
