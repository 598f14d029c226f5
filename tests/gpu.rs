//! The GPU engine: its shaders without any GPU; and on the adapter there is, which may be a software one, against
//! definitions, PyTorch's answers, and the CPU's.

mod support;

use gradcam::cam::{Method, map};
use gradcam::choice::{EnginePreference, EngineSelector, FallbackEngine};
use gradcam::cpu::CpuEngine;
use gradcam::engine::{Engine, EngineError, class_cotangent};
use gradcam::gpu::plan::Plan;
use gradcam::gpu::{Gpu, GpuEngine, kernels};
use gradcam::kernel::gpu::{Dispatch, Tuning};
use gradcam::network::{
    Activation, GlobalAveragePool, MapShape, Network, NetworkBuilder, NodeId, Operation, Window,
};
use pollster::block_on;
use support::files::{default_network, fixture};
use support::parity::{Arithmetic, correlation, judge, measure, measure_with_input, relative_l2};
use support::random::signed;
use support::reference::Reference;
use support::untrained::{Untrained, untrained_network};
use support::{backward, contract, outputs, toy};

const TUNINGS: [(&str, Tuning); 2] = [("hardware", Tuning::HARDWARE), ("software", Tuning::SOFTWARE)];

#[test]
fn shaders_are_valid() {
    for (name, tuning) in TUNINGS {
        for kernel in kernels() {
            let source = kernel.source(&tuning);
            let what = format!("{}, {name}", kernel.name);
            let module = naga::front::wgsl::parse_str(&source)
                .unwrap_or_else(|error| panic!("{what}: {}\n{source}", error.emit_to_string(&source)));
            naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty())
                .validate(&module)
                .unwrap_or_else(|error| panic!("{what}: {}\n{source}", error.emit_to_string(&source)));
        }
    }
}

#[test]
fn kernels_have_names_of_their_own() {
    let mut names: Vec<&str> = kernels().map(|kernel| kernel.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all, "{names:?}");
}

/// One dimension of a dispatch holds 65,535 workgroups; the gradient at the stem of an input of 1,024 pixels needs 65,536.
#[test]
fn the_largest_input_can_be_dispatched() {
    let network = default_network().with_input_side(1024).expect("a side that is allowed");
    let plan = Plan::new(&network, &Tuning::HARDWARE);
    let workgroups = || plan.forward.iter().chain(&plan.backward).map(|dispatch| dispatch.workgroups);
    assert!(workgroups().flatten().all(|count| count <= 65_535));
    assert!(workgroups().any(|[x, y, _]| y > 1 && x * y > 65_535), "one that needs two dimensions");
}

/// As many workgroups as one dimension does not hold, forward and backward, against the CPU.
#[test]
fn workgroups_beyond_one_dimension_all_run() {
    let mut builder = NetworkBuilder::new(MapShape::new(1, 1024, 1025));
    let mut push = |name: &str, operation: Operation, input| builder.push(name, operation, &[input]).expect(name);
    let wide = toy::convolution("wide", [1, 16], Window::square(1, 1, 0), 1);
    let wide = push("wide/convolution", wide.into(), NodeId::INPUT);
    let wide = push("wide/relu", Activation::Relu.into(), wide);
    let mean = push("mean", GlobalAveragePool.into(), wide);
    let logits = push("head", toy::linear("head", 16, 3).into(), mean);
    let network = builder.finish("wide", logits).expect("a network");
    let plan = Plan::new(&network, &Tuning::SOFTWARE);
    let folded = |dispatches: &[Dispatch]| dispatches.iter().any(|dispatch| dispatch.workgroups[1] > 1);
    assert!(folded(&plan.backward), "dispatches of two dimensions");
    let mut engine = engine(Tuning::SOFTWARE, network.clone());
    let mut cpu = CpuEngine::new(network.clone()).expect("an engine");
    let input = signed("photo", network.input_shape().len());
    let cotangent = class_cotangent(3, 1);
    block_on(async {
        engine.forward(&input).await.expect("a forward");
        cpu.forward(&input).await.expect("a forward");
        // Not the logits: sums of a million float32 depend on their order.
        let layer = network.layers()[0].node;
        let found = engine.activation(layer).await.expect("an activation");
        let expected = cpu.activation(layer).await.expect("an activation");
        assert!(relative_l2(&found.values, &expected.values) < 1e-6);
        for node in [layer, NodeId::INPUT] {
            let found = engine.gradient(&cotangent, node).await.expect("a gradient");
            let expected = cpu.gradient(&cotangent, node).await.expect("a gradient");
            assert!(relative_l2(&found.values, &expected.values) < 1e-5, "gradient at node {}", node.index());
        }
    });
}

fn gpu(tuning: Option<Tuning>) -> Gpu {
    block_on(Gpu::request_tuned(tuning)).expect(
        "These tests need an adapter for Vulkan, Metal or DirectX 12. Debian's package mesa-vulkan-drivers has one in software",
    )
}

fn engine(tuning: Tuning, network: Network) -> GpuEngine {
    block_on(GpuEngine::new(gpu(Some(tuning)), network)).expect("an engine")
}

/// Bound 1 and 2 of the parity test, without PyTorch: the forward against that of the CPU, every gradient against a plain
/// one in `f64` over the engine's own forward.
fn check_by_definition(network: &Network, tuning: Tuning) {
    let mut engine = engine(tuning, network.clone());
    let mut cpu = CpuEngine::new(network.clone()).expect("an engine");
    block_on(async {
        for photo in ["one", "another"] {
            let input = signed(photo, network.input_shape().len());
            engine.forward(&input).await.expect("a forward");
            cpu.forward(&input).await.expect("a forward");
            let found = outputs::kept(&mut engine).await.expect("activations");
            let expected = outputs::kept(&mut cpu).await.expect("activations");
            for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
                // The CPU keeps no more than it needs.
                if !expected.is_empty() {
                    let error = relative_l2(found, expected);
                    assert!(error < 1e-5, "output of node {index}: {error:e}");
                }
            }
            let outputs = found;
            let layers = || network.layers().iter().map(|layer| layer.node);
            // The second cotangent comes twice, and from the input to the logits, as it may be asked for.
            let towards_input: Vec<NodeId> = layers().rev().chain([NodeId::INPUT]).collect();
            let towards_logits: Vec<NodeId> = towards_input.iter().copied().rev().collect();
            let random = signed("seed", network.classes());
            let one = class_cotangent(network.classes(), 1);
            for (cotangent, nodes) in
                [(&one, &towards_input), (&random, &towards_logits), (&random, &towards_input)]
            {
                let expected = backward::gradients(network, &outputs, cotangent);
                for node in nodes {
                    let found = engine.gradient(cotangent, *node).await.expect("a gradient");
                    let error = relative_l2(&found.values, &expected[node.index()]);
                    assert!(error < 1e-5, "gradient at node {}: {error:e}", node.index());
                }
            }
        }
    });
}

#[test]
fn networks_of_odd_sizes() {
    for (_, tuning) in TUNINGS {
        check_by_definition(&toy::network(), tuning);
        check_by_definition(&toy::pooled_network(), tuning);
        check_by_definition(&toy::graph(), tuning);
    }
}

/// Bottlenecks, on maps of a size that they are not made for.
#[test]
fn a_resnet50_of_another_size() {
    let bytes = fixture("references/resnet50.safetensors");
    let network = untrained_network(Untrained::ResNet50, &Reference::new(&bytes));
    check_by_definition(&network.with_input_side(65).expect("a side that is allowed"), Tuning::HARDWARE);
}

#[test]
fn the_contract() {
    for (_, tuning) in TUNINGS {
        let gpu = gpu(Some(tuning));
        block_on(contract::check(async |network| GpuEngine::new(gpu.clone(), network).await.expect("an engine")));
    }
}

fn check_photo(engine: &mut GpuEngine, photo: &str, name: &str) {
    let bytes = fixture(&format!("references/{photo}.safetensors"));
    let measured = block_on(measure(engine, &Reference::new(&bytes), Arithmetic::Fast));
    judge(&format!("{photo}, {name}"), &measured.expect("a forward and its gradients"));
}

#[test]
fn photos_as_cut_for_hardware() {
    let mut engine = engine(Tuning::HARDWARE, default_network());
    for photo in ["dahlia", "cat", "marigold", "yellow-daisy", "ladybird"] {
        check_photo(&mut engine, photo, "hardware");
        check_against_cpu(&mut engine, photo);
    }
}

/// Bound 3 of the parity test with the CPU's maps in the place of PyTorch's.
fn check_against_cpu(engine: &mut GpuEngine, photo: &str) {
    let bytes = fixture(&format!("references/{photo}.safetensors"));
    let reference = Reference::new(&bytes);
    let mut cpu = CpuEngine::new(default_network()).expect("an engine");
    let cotangent = class_cotangent(cpu.network().classes(), reference.classes()[0]);
    block_on(async {
        engine.forward(&reference.input()).await.expect("a forward");
        cpu.forward(&reference.input()).await.expect("a forward");
        for layer in cpu.network().layers().to_vec() {
            let found = (
                engine.activation(layer.node).await.expect("an activation"),
                engine.gradient(&cotangent, layer.node).await.expect("a gradient"),
            );
            let expected = (
                cpu.activation(layer.node).await.expect("an activation"),
                cpu.gradient(&cotangent, layer.node).await.expect("a gradient"),
            );
            let deep = ["layer3.1", "layer4.0", "layer4.1"].contains(&layer.name.as_str());
            for method in Method::ALL {
                let found = map(method, &found.0, &found.1).values;
                let expected = map(method, &expected.0, &expected.1).values;
                let error = relative_l2(&found, &expected);
                let what = format!("{photo}, {} at {}: {error:e}", method.name(), layer.name);
                assert!(error <= if deep { 2e-3 } else { 5e-2 }, "{what}");
                assert!(correlation(&found, &expected) >= 0.999, "{what}");
            }
        }
        let found = engine.gradient(&cotangent, NodeId::INPUT).await.expect("a gradient");
        let expected = cpu.gradient(&cotangent, NodeId::INPUT).await.expect("a gradient");
        let error = relative_l2(&found.values, &expected.values);
        assert!(error <= 8e-2, "{photo}, input gradient: {error:e}");
    });
}

#[test]
fn a_photo_as_cut_for_software() {
    check_photo(&mut engine(Tuning::SOFTWARE, default_network()), "ladybird", "software");
}

#[test]
fn resnet34() {
    let bytes = fixture("references/resnet34.safetensors");
    let photo = fixture("references/dahlia.safetensors");
    let input = Reference::new(&photo).input();
    let reference = Reference::new(&bytes);
    let mut engine = engine(Tuning::HARDWARE, untrained_network(Untrained::ResNet34, &reference));
    let measured = measure_with_input(&mut engine, &reference, &input, Arithmetic::Fast);
    judge("resnet34", &block_on(measured).expect("a forward and its gradients"));
}

#[test]
fn mistakes_of_the_caller() {
    let network = toy::pooled_network();
    let mut engine = engine(Tuning::SOFTWARE, network.clone());
    block_on(async {
        let cotangent = class_cotangent(5, 0);
        assert_eq!(engine.activation(NodeId::INPUT).await.unwrap_err(), EngineError::NoForward);
        assert_eq!(engine.gradient(&cotangent, NodeId::INPUT).await.unwrap_err(), EngineError::NoForward);
        assert!(matches!(engine.forward(&[0.0]).await, Err(EngineError::Length { found: 1, .. })));
        engine.forward(&vec![0.5; network.input_shape().len()]).await.expect("a forward");
        assert!(matches!(engine.gradient(&[1.0], NodeId::INPUT).await, Err(EngineError::Length { .. })));
        let logits = network.logits();
        assert!(matches!(engine.gradient(&cotangent, logits).await, Err(EngineError::NotALayer { .. })));
        // Not even infinities are in the way of the next photo.
        let hot = vec![f32::INFINITY; network.input_shape().len()];
        assert_eq!(engine.forward(&hot).await.unwrap_err(), EngineError::NotFinite);
        assert_eq!(engine.activation(NodeId::INPUT).await.unwrap_err(), EngineError::NoForward);
        engine.forward(&vec![0.5; network.input_shape().len()]).await.expect("a forward");
    });
}

/// What is asked before comes from the GPU, and what is asked afterwards from the CPU, which goes on from there.
#[test]
fn a_lost_device_costs_no_photo() {
    let network = toy::network();
    let calls = contract::calls(&network);
    let mut cpu = CpuEngine::new(network.clone()).expect("an engine");
    let expected = block_on(contract::ask(&mut cpu, &calls, |_| ()));
    for lost in (0..calls.len()).filter(|&number| calls[number].uses_device()) {
        let gpu = gpu(None);
        let mut engine = FallbackEngine::new(CpuEngine::new(network.clone()).expect("an engine"));
        let answers = block_on(async {
            engine.use_gpu(GpuEngine::new(gpu.clone(), network.clone()).await.expect("an engine"));
            contract::ask(&mut engine, &calls, |number| {
                if number == lost {
                    gpu.destroy()
                }
            })
            .await
        });
        for (number, (found, expected)) in answers.iter().zip(&expected).enumerate() {
            let close = number < lost && relative_l2(found, expected) < 1e-5;
            assert!(found == expected || close, "lost before {:?}: {:?}", calls[lost], calls[number]);
        }
        assert!(!engine.is_on_gpu());
        let failure = engine.take_failure();
        let known = matches!(failure, Some(EngineError::DeviceLost { .. }));
        assert!(known, "lost before {:?}: {failure:?}", calls[lost]);
        assert_eq!(engine.take_failure(), None, "told once");
    }
}

#[test]
fn the_choice() {
    let network = toy::pooled_network();
    let cpu = CpuEngine::new(network).expect("an engine");
    let mut engine = FallbackEngine::new(cpu);
    let mut selector = EngineSelector::default();
    let software = gpu(None).is_software();
    block_on(async {
        let mut choose = async |preference| {
            let choice = selector.select(&mut engine, preference, &Default::default(), "a toy").await;
            (choice, engine.is_on_gpu())
        };
        let (choice, on_gpu) = choose(EnginePreference::WebGpu).await;
        assert!(on_gpu, "{choice:?}");
        let test = choice.self_test.expect("a self-test");
        assert!(test.passed && test.checks.len() == 5, "{test:?}");
        assert_eq!((choice.reason, choice.timing), (None, None));

        let (choice, on_gpu) = choose(EnginePreference::Cpu).await;
        assert!(!on_gpu && choice.reason.is_none(), "{choice:?}");

        let (choice, on_gpu) = choose(EnginePreference::Auto).await;
        if software {
            assert!(!on_gpu && choice.reason.expect("a reason").contains("is a program"));
        } else {
            let timing = choice.timing.expect("a timing").timing;
            assert_eq!(on_gpu, timing.webgpu < timing.cpu);
        }
    });
}
