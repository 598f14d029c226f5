//! What one photo takes on this machine's GPU, and each dispatch of it: `cargo bench --bench gpu [-- --runs N]`.
//!
//! The project's own bounds, for a real GPU and float32 weights: a forward in 1.0 ms, a forward with the gradient at the
//! input in 2.2 ms.

use gradcam::engine::{Engine, class_cotangent};
use gradcam::explain::{Explainer, Question};
use gradcam::families;
use gradcam::gpu::{DispatchTime, Gpu, GpuEngine};
use gradcam::network::NodeId;
use gradcam::photo::{InputSpec, Photo};
use gradcam::weights::Weights;
use pollster::block_on;
use std::error::Error;
use std::fs::read;
use std::process::ExitCode;
use std::time::Instant;

/// Measurements of each kind, where the command line does not say how many.
const RUNS: usize = 50;

/// Runs before the first that counts: buffers are made, and clocks rise.
const WARM_UP: usize = 10;

fn main() -> ExitCode {
    match runs().and_then(measure) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn runs() -> Result<usize, Box<dyn Error>> {
    use lexopt::{Arg::Long, ValueExt};
    let mut runs = RUNS;
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("runs") => runs = parser.value()?.parse()?,
            // Cargo says so to every benchmark.
            Long("bench") => (),
            other => return Err(other.unexpected().into()),
        }
    }
    if runs == 0 {
        return Err("--runs takes a whole number from 1 on.".into());
    }
    Ok(runs)
}

fn measure(runs: usize) -> Result<(), Box<dyn Error>> {
    let model = read("www/models/resnet18-flowers102.safetensors")?;
    let network = families::build(&Weights::from_safetensors(&model)?)?;
    let input = Photo::decode(&read("www/photos/dahlia.jpg")?)?.network_input(&InputSpec::IMAGENET);

    let gpu = block_on(Gpu::request())?;
    let kind = if gpu.is_software() { "a software adapter: this is the processor, and no GPU" } else { "a GPU" };
    println!("{}, {kind}\nmedians of {runs} runs, after {WARM_UP} that do not count", gpu.adapter());

    let mut explainer = Explainer::new(block_on(GpuEngine::new(gpu, network))?);
    let question = Question { layer: Some("layer4.1".into()), ..Question::default() };
    let classes = block_on(explainer.forward(&input))?.len();
    let target = block_on(explainer.explain(&question))?.target.index;
    let cotangent = class_cotangent(classes, target);

    report(runs, "forward", || {
        block_on(explainer.forward(&input))?;
        Ok(())
    })?;
    report(runs, "forward and Grad-CAM map at layer4.1", || {
        block_on(explainer.forward(&input))?;
        block_on(explainer.explain(&question))?;
        Ok(())
    })?;
    report(runs, "forward and gradient at the input", || {
        block_on(explainer.forward(&input))?;
        block_on(explainer.engine_mut().gradient(&cotangent, NodeId::INPUT))?;
        Ok(())
    })?;

    match block_on(explainer.engine_mut().profile(&input, &cotangent)) {
        Ok(dispatches) => list(&dispatches),
        Err(error) => println!("\nThe dispatches cannot be timed one by one: {error}"),
    }
    Ok(())
}

/// Prints the median wall-clock time of a task.
fn report(
    runs: usize,
    what: &str,
    mut task: impl FnMut() -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let mut milliseconds = Vec::with_capacity(runs);
    for run in 0..WARM_UP + runs {
        let start = Instant::now();
        task()?;
        if run >= WARM_UP {
            milliseconds.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    milliseconds.sort_by(f64::total_cmp);
    println!("{:10.3} ms  {what}", milliseconds[runs / 2]);
    Ok(())
}

/// Prints the GPU's own times.
fn list(dispatches: &[DispatchTime]) {
    println!("\nforward and gradient at the input, dispatch by dispatch, on the GPU's clock");
    for DispatchTime { node, kernel, microseconds } in dispatches {
        println!("{microseconds:10.1} µs  node {node}, {kernel}");
    }
    let total: f64 = dispatches.iter().map(|dispatch| dispatch.microseconds).sum();
    println!("{total:10.1} µs  in {} dispatches", dispatches.len());
}
