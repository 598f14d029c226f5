//! Explains one photo from the shell:
//!
//! ```text
//! cargo run --release --example explain -- --model M.safetensors --photo P.jpg [--labels L.json]
//!     [--input-size 224] [--resize 256] [--mean 0.485,0.456,0.406] [--std 0.229,0.224,0.225]
//!     [--layer layer4.1] [--method grad-cam] [--target CLASS] [--against CLASS] [--input X.safetensors]
//!     [--out overlay.png] [--json]
//! ```

use gradcam::cam::Map;
use gradcam::cpu::CpuEngine;
use gradcam::explain::{Comparison, Explainer, Explanation, Question};
use gradcam::model::{ClassScore, Classes, Model, ModelOptions};
use gradcam::photo::{InputSpec, Photo};
use gradcam::render::{self, Colors, PixelRectangle, Scale};
use gradcam::weights::{Weights, parse_labels};
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "\
usage: explain --model M.safetensors (--photo P.jpg | --input X.safetensors) [options]

  --model FILE     the network: .safetensors, or a PyTorch state dict (.pth, .pt)
  --photo FILE     a JPEG, PNG, WebP, GIF or BMP
  --input FILE     a ready tensor `input` (1 × 3 × 224 × 224, float32) instead of a photo
  --labels FILE    class names: a JSON array or object, or one a line, in the order of the logits
  --input-size N   side of the square that the network sees, in pixels; 224 by default, or as the model says
  --resize N       to which the photo's shorter side is resized before; 256 by default, or as the model says
  --mean R,G,B     of the channels of the photos that the network was trained on; ImageNet's by default, or as
  --std R,G,B      the model says, and their standard deviation
  --layer NAME     target layer; the last one by default
  --method NAME    of the layer's cells: grad-cam (default), hires-cam, layer-cam, xgrad-cam, grad-cam++, eigen-cam,
                   ablation-cam or finer-cam; of the input's pixels: layer-cam-fused, input-gradient, smooth-grad,
                   integrated-gradients, guided-backprop or guided-grad-cam
  --target CLASS   class, by index or by name; the predicted one by default
  --against CLASS  what speaks for the target and not for this class, instead of a method: the difference of their
                   HiResCAM maps
  --out FILE       write the overlay as PNG (needs --photo)
  --json           print one JSON object, with all logits and the raw maps";

/// Opacity of the heatmap in the picture that `--out` writes.
const OPACITY: f32 = 0.5;

/// How many of the best classes are listed.
const LISTED: usize = 5;

/// Longer side of that picture at most, in pixels.
const PICTURE_SIDE: u32 = 1600;

#[derive(Default)]
struct Arguments {
    model: PathBuf,
    photo: Option<PathBuf>,
    input: Option<PathBuf>,
    labels: Option<PathBuf>,
    input_size: Option<u32>,
    resize: Option<u32>,
    mean: Option<[f32; 3]>,
    std: Option<[f32; 3]>,
    layer: Option<String>,
    method: Option<String>,
    target: Option<String>,
    against: Option<String>,
    out: Option<PathBuf>,
    json: bool,
}

fn main() -> ExitCode {
    match parse().and_then(|arguments| arguments.map_or(Ok(()), run)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The arguments; `None` where only help was wanted, which has been printed.
fn parse() -> Result<Option<Arguments>, Box<dyn Error>> {
    use lexopt::{Arg::Long, ValueExt};
    let mut arguments = Arguments::default();
    let mut parser = lexopt::Parser::from_env();
    let mut model = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("model") => model = Some(parser.value()?.into()),
            Long("photo") => arguments.photo = Some(parser.value()?.into()),
            Long("input") => arguments.input = Some(parser.value()?.into()),
            Long("labels") => arguments.labels = Some(parser.value()?.into()),
            Long("input-size") => arguments.input_size = Some(parser.value()?.parse()?),
            Long("resize") => arguments.resize = Some(parser.value()?.parse()?),
            Long("mean") => arguments.mean = Some(channels(&parser.value()?.string()?)?),
            Long("std") => arguments.std = Some(channels(&parser.value()?.string()?)?),
            Long("layer") => arguments.layer = Some(parser.value()?.string()?),
            Long("method") => arguments.method = Some(parser.value()?.string()?),
            Long("target") => arguments.target = Some(parser.value()?.string()?),
            Long("against") => arguments.against = Some(parser.value()?.string()?),
            Long("out") => arguments.out = Some(parser.value()?.into()),
            Long("json") => arguments.json = true,
            Long("help") => {
                println!("{USAGE}");
                return Ok(None);
            }
            other => return Err(format!("{}\n\n{USAGE}", other.unexpected()).into()),
        }
    }
    arguments.model = model.ok_or_else(|| format!("--model is missing.\n\n{USAGE}"))?;
    if arguments.photo.is_some() == arguments.input.is_some() {
        return Err(format!("Give either --photo or --input.\n\n{USAGE}").into());
    }
    if arguments.out.is_some() && arguments.photo.is_none() {
        return Err("--out draws over a photo: give --photo.".into());
    }
    if arguments.against.is_some() && arguments.method.is_some() {
        return Err("--against compares by HiResCAM: leave --method out.".into());
    }
    Ok(Some(arguments))
}

fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let options = ModelOptions {
        labels: arguments.labels.as_deref().map(read_labels).transpose()?,
        input_size: arguments.input_size,
        resize: arguments.resize,
        mean: arguments.mean,
        std: arguments.std,
        ..ModelOptions::default()
    };
    let Model { network, input: spec, classes } = Model::read(&read(&arguments.model)?, options)?;
    let question = Question {
        layer: arguments.layer.clone(),
        method: arguments.method.as_deref().map_or(Ok(Question::default().method), str::parse)?,
        target: arguments.target.as_deref().map(|target| find_class(&classes, target)).transpose()?,
    };

    let against = arguments.against.as_deref().map(|class| find_class(&classes, class)).transpose()?;

    let start = Instant::now();
    let photo = arguments.photo.as_deref().map(open_photo).transpose()?;
    let input = match (&photo, &arguments.input) {
        (Some(photo), _) => photo.network_input(&spec),
        (None, Some(path)) => read_input(path, spec.crop as usize)?,
        (None, None) => return Err("Give either --photo or --input.".into()),
    };
    let decode = start.elapsed().as_secs_f64() * 1e3;

    let mut explainer = Explainer::with_classes(CpuEngine::new(network)?, classes);
    let logits = pollster::block_on(explainer.forward(&input))?.to_vec();
    let answer = match against {
        None => {
            let explanation = pollster::block_on(explainer.explain(&question))?;
            Answer::Explanation(explainer.classes().rank(&logits, LISTED), explanation)
        }
        Some(against) => {
            let comparison = explainer.compare(question.target, against, question.layer.as_deref());
            Answer::Comparison(pollster::block_on(comparison)?)
        }
    };

    if let (Some(path), Some(photo)) = (&arguments.out, &photo) {
        write_picture(path, photo, &spec, &answer)?;
    }
    if arguments.json {
        // Not `println!`, which panics where the reader has left.
        writeln!(std::io::stdout(), "{}", answer.json(decode))?;
    } else {
        answer.print(decode);
    }
    Ok(())
}

enum Answer {
    /// The best classes, best first, and the map.
    Explanation(Vec<ClassScore>, Explanation),
    Comparison(Comparison),
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn open_photo(path: &Path) -> Result<Photo, String> {
    Photo::decode(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))
}

fn read_labels(path: &Path) -> Result<Vec<String>, String> {
    let text = String::from_utf8_lossy(&read(path)?).into_owned();
    parse_labels(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Three numbers, one for each channel.
fn channels(text: &str) -> Result<[f32; 3], String> {
    let numbers: Option<Vec<f32>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
    let three = numbers.and_then(|numbers| numbers.try_into().ok());
    three.ok_or_else(|| format!("“{text}” is not three numbers with commas between them."))
}

fn read_input(path: &Path, side: usize) -> Result<Vec<f32>, Box<dyn Error>> {
    let bytes = read(path)?;
    Ok(Weights::from_safetensors(&bytes)?.tensor("forward pass", "input", &[1, 3, side, side])?)
}

/// The class of this index, or of this name.
fn find_class(classes: &Classes, target: &str) -> Result<usize, String> {
    target
        .parse()
        .ok()
        .or_else(|| classes.labels.iter().position(|label| label == target))
        .ok_or_else(|| format!("No class is called “{target}”."))
}

fn write_picture(path: &Path, photo: &Photo, spec: &InputSpec, answer: &Answer) -> Result<(), Box<dyn Error>> {
    let (width, height, pixels) = photo.scaled_to_fit(PICTURE_SIDE);
    let scale = f64::from(width) / f64::from(photo.width());
    let crop = photo.crop_geometry(spec).in_photo;
    // Edges between pixels go to the nearest, and stay inside the picture.
    let edge = |position: f64, side: u32| ((position * scale).round() as usize).min(side as usize);
    let (left, top) = (edge(crop.x, width), edge(crop.y, height));
    let crop = PixelRectangle {
        x: left,
        y: top,
        width: edge(crop.x + crop.width, width) - left,
        height: edge(crop.y + crop.height, height) - top,
    };
    let (map, scale) = match answer {
        Answer::Explanation(_, explanation) => (&explanation.map, Scale::Positive),
        Answer::Comparison(comparison) => (&comparison.margin_map, Scale::Signed),
    };
    let heatmap = render::heatmap(map, Colors::Turbo, scale, None, crop.width, crop.height);
    let picture = render::overlay(&pixels, width as usize, &heatmap, crop, OPACITY);
    image::save_buffer(path, &picture, width, height, image::ColorType::Rgba8)?;
    Ok(())
}

impl Answer {
    fn json(&self, decode: f64) -> serde_json::Value {
        match self {
            Self::Explanation(predictions, explanation) => explanation_json(predictions, explanation, decode),
            Self::Comparison(comparison) => comparison_json(comparison),
        }
    }

    fn print(&self, decode: f64) {
        match self {
            Self::Explanation(predictions, explanation) => print_explanation(predictions, explanation, decode),
            Self::Comparison(comparison) => print_comparison(comparison),
        }
    }
}

fn map_json(map: &Map) -> serde_json::Value {
    serde_json::json!({ "width": map.width, "height": map.height, "values": map.values })
}

fn explanation_json(predictions: &[ClassScore], explanation: &Explanation, decode: f64) -> serde_json::Value {
    let Explanation { logits, target, layer, method, map, references, completeness, timings, .. } = explanation;
    serde_json::json!({
        "predictions": predictions,
        "logits": logits,
        "layer": layer,
        "method": method.name(),
        "unit": method.unit().name(),
        "target": target.index,
        "references": references,
        "completeness": completeness,
        "map": map_json(map),
        "timings": {
            "decode": decode,
            "forward": timings.forward,
            "backward": timings.backward,
            "total": decode + timings.forward + timings.backward,
        },
    })
}

fn comparison_json(comparison: &Comparison) -> serde_json::Value {
    let Comparison { logits, predicted, expected, layer, decomposition, evidence, .. } = comparison;
    serde_json::json!({
        "logits": logits,
        "layer": layer,
        "predicted": predicted,
        "expected": expected,
        "maps": {
            "predicted": map_json(&comparison.predicted_map),
            "expected": map_json(&comparison.expected_map),
            "margin": map_json(&comparison.margin_map),
        },
        "arithmetic": decomposition,
        "spread": evidence,
    })
}

fn print_score(class: &ClassScore) {
    let ClassScore { index, label, probability, logit } = class;
    println!("{:5.1} %  {logit:>8.4}  {label} ({index})", probability * 100.0);
}

fn print_explanation(predictions: &[ClassScore], explanation: &Explanation, decode: f64) {
    predictions.iter().for_each(print_score);
    let Explanation { target, layer, method, map, references, completeness, timings, .. } = explanation;
    let peak = map.peak();
    println!(
        "\n{} at {layer} for {}: {} × {}, from {:.4} to {:.4}, peak in row {}, column {}",
        method.name(),
        target.label,
        map.width,
        map.height,
        map.minimum(),
        map.maximum(),
        peak.row,
        peak.column
    );
    if !references.is_empty() {
        let labels: Vec<&str> = references.iter().map(|class| class.label.as_str()).collect();
        println!("compared with {}", labels.join(", "));
    }
    if let Some(completeness) = completeness {
        let (sum, difference) = (completeness.sum, completeness.difference);
        println!("the map sums to {sum:.4}, the logit differs from the baseline's by {difference:.4}");
    }
    println!("decode {decode:.0} ms, forward {:.0} ms, backward {:.0} ms", timings.forward, timings.backward);
}

fn print_comparison(comparison: &Comparison) {
    let Comparison { predicted, expected, layer, margin_map, decomposition, evidence, .. } = comparison;
    print_score(predicted);
    print_score(expected);
    println!(
        "\nmargin at {layer}: {} × {}, from {:.4} to {:.4}",
        margin_map.width,
        margin_map.height,
        margin_map.minimum(),
        margin_map.maximum()
    );
    if let Some(margin) = decomposition {
        println!(
            "the map sums to {:.4}, with the biases’ difference {:.4} the margin of {:.4}",
            margin.sum, margin.biases, margin.logits
        );
    }
    let percent = |share: f64| share * 100.0;
    println!(
        "of what speaks for {}: {:.0} % in the strongest quarter, {:.0} % at the border ({:.0} % if even), {:.0} % outside the middle ({:.0} % if even)",
        predicted.label,
        percent(evidence.strongest_quarter),
        percent(evidence.border),
        percent(evidence.uniform.border),
        percent(evidence.outside_middle),
        percent(evidence.uniform.outside_middle)
    );
}
