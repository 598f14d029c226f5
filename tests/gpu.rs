//! The GPU engine: its shaders without any GPU, and on whatever adapter there is (a software one will do) against
//! PyTorch's answers and the CPU's.

mod support;

use gradcam::gpu::shaders::Kernel;
use gradcam::gpu::tuning::Tuning;
use gradcam::gpu::{Gpu, GpuEngine};
use support::files::{default_network, fixture};
use support::parity::{Arithmetic, judge, measure};
use support::reference::Reference;

const TUNINGS: [(&str, Tuning); 2] = [("hardware", Tuning::HARDWARE), ("software", Tuning::SOFTWARE)];

#[test]
fn shaders_are_valid() {
    for (name, tuning) in TUNINGS {
        for kernel in Kernel::ALL {
            let source = kernel.source(&tuning);
            let what = format!("{}, {name}", kernel.name());
            let module = naga::front::wgsl::parse_str(&source)
                .unwrap_or_else(|error| panic!("{what}: {}\n{source}", error.emit_to_string(&source)));
            naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty())
                .validate(&module)
                .unwrap_or_else(|error| panic!("{what}: {}\n{source}", error.emit_to_string(&source)));
        }
    }
}

fn engine(tuning: Tuning) -> GpuEngine {
    pollster::block_on(async {
        let gpu = Gpu::request_tuned(Some(tuning)).await.expect("an adapter");
        println!("{}", gpu.adapter());
        GpuEngine::new(gpu, default_network()).await.expect("an engine")
    })
}

#[test]
fn parity() {
    for (name, tuning) in TUNINGS {
        let mut engine = engine(tuning);
        for photo in ["dahlia", "ladybird"] {
            let bytes = fixture(&format!("references/{photo}.safetensors"));
            let start = std::time::Instant::now();
            let measured = pollster::block_on(measure(&mut engine, &Reference::new(&bytes), Arithmetic::Fast));
            println!("{:?}", start.elapsed());
            judge(&format!("{photo}, {name}"), &measured.expect("a forward and its gradients"));
        }
    }
}
