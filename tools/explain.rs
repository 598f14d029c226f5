//! Explains one photo from the shell:
//!
//! ```text
//! cargo run --release --example explain -- --model M.safetensors --photo P.jpg [--labels L.json]
//!     [--layer layer4.1] [--method grad-cam] [--target CLASS] [--input X.safetensors] [--out overlay.png] [--json]
//! ```

use gradcam::cpu::CpuEngine;
use gradcam::explain::{Explainer, Explanation, Question};
use gradcam::network::Network;
use gradcam::photo::{Photo, Preprocessing};
use gradcam::render::{self, Colors, Rectangle, Scale};
use gradcam::weights::Weights;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "\
usage: explain --model M.safetensors (--photo P.jpg | --input X.safetensors) [options]

  --model FILE     the network, as safetensors
  --photo FILE     a JPEG, PNG, WebP, GIF or BMP
  --input FILE     a ready tensor `input` (1 × 3 × 224 × 224, float32) instead of a photo
  --labels FILE    class names, a JSON array in the order of the logits
  --layer NAME     target layer; the last one by default
  --method NAME    grad-cam (default), hires-cam, layer-cam, xgrad-cam or grad-cam++
  --target CLASS   class, by index or by name; the predicted one by default
  --out FILE       write the overlay as PNG (needs --photo)
  --json           print one JSON object, with all logits and the raw map";

/// Opacity of the heatmap in the picture that `--out` writes.
const OPACITY: f32 = 0.5;

/// Longer side of that picture at most, in pixels.
const PICTURE_SIDE: u32 = 1600;

#[derive(Default)]
struct Arguments {
    model: PathBuf,
    photo: Option<PathBuf>,
    input: Option<PathBuf>,
    labels: Option<PathBuf>,
    layer: Option<String>,
    method: Option<String>,
    target: Option<String>,
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
            Long("layer") => arguments.layer = Some(parser.value()?.string()?),
            Long("method") => arguments.method = Some(parser.value()?.string()?),
            Long("target") => arguments.target = Some(parser.value()?.string()?),
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
    Ok(Some(arguments))
}

fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let model = read(&arguments.model)?;
    let labels = arguments.labels.as_deref().map(read_labels).transpose()?;
    let network = Network::from_weights(&Weights::from_safetensors(&model)?, labels)?;
    let question = Question {
        layer: arguments.layer.clone(),
        method: arguments.method.as_deref().map_or(Ok(Question::default().method), str::parse)?,
        target: arguments.target.as_deref().map(|target| find_class(&network, target)).transpose()?,
        ..Question::default()
    };

    let start = Instant::now();
    let photo = arguments.photo.as_deref().map(open_photo).transpose()?;
    let input = match (&photo, &arguments.input) {
        (Some(photo), _) => photo.network_input(&Preprocessing::IMAGENET),
        (None, Some(path)) => read_input(path)?,
        (None, None) => return Err("Give either --photo or --input.".into()),
    };
    let decode = start.elapsed().as_secs_f64() * 1e3;

    let mut explainer = Explainer::new(CpuEngine::new(network)?);
    let (logits, explanation) = pollster::block_on(async {
        let logits = explainer.forward(&input).await?.to_vec();
        explainer.explain(&question).await.map(|explanation| (logits, explanation))
    })?;

    if let (Some(path), Some(photo)) = (&arguments.out, &photo) {
        write_picture(path, photo, &explanation)?;
    }
    if arguments.json {
        // Not `println!`, which panics where the reader has left.
        writeln!(std::io::stdout(), "{}", json(&logits, &explanation, decode))?;
    } else {
        print(&explanation, decode);
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn open_photo(path: &Path) -> Result<Photo, String> {
    Photo::decode(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))
}

fn read_labels(path: &Path) -> Result<Vec<String>, String> {
    serde_json::from_slice(&read(path)?)
        .map_err(|error| format!("{}: not a JSON array of class names: {error}", path.display()))
}

fn read_input(path: &Path) -> Result<Vec<f32>, Box<dyn Error>> {
    let bytes = read(path)?;
    Ok(Weights::from_safetensors(&bytes)?.tensor("forward pass", "input", &[1, 3, 224, 224])?)
}

/// The class of this index, or of this name.
fn find_class(network: &Network, target: &str) -> Result<usize, String> {
    target
        .parse()
        .ok()
        .or_else(|| network.labels().iter().position(|label| label == target))
        .ok_or_else(|| format!("No class is called “{target}”."))
}

fn write_picture(path: &Path, photo: &Photo, explanation: &Explanation) -> Result<(), Box<dyn Error>> {
    let (width, height, pixels) = photo.scaled_to_fit(PICTURE_SIDE);
    let scale = f64::from(width) / f64::from(photo.width());
    let crop = photo.crop_geometry(&Preprocessing::IMAGENET).in_photo;
    // Edges between pixels go to the nearest, and stay inside the picture.
    let edge = |position: f64, side: u32| ((position * scale).round() as usize).min(side as usize);
    let (left, top) = (edge(crop.x, width), edge(crop.y, height));
    let crop = Rectangle {
        x: left,
        y: top,
        width: edge(crop.x + crop.width, width) - left,
        height: edge(crop.y + crop.height, height) - top,
    };
    let heatmap = render::heatmap(&explanation.map, Colors::Turbo, Scale::Positive, crop.width, crop.height);
    let picture = render::overlay(&pixels, width as usize, &heatmap, crop, OPACITY);
    image::save_buffer(path, &picture, width, height, image::ColorType::Rgba8)?;
    Ok(())
}

fn json(logits: &[f32], explanation: &Explanation, decode: f64) -> serde_json::Value {
    let Explanation { predictions, target, layer, method, map, timings } = explanation;
    serde_json::json!({
        "predictions": predictions,
        "logits": logits,
        "layer": layer,
        "method": method.name(),
        "target": target.index,
        "map": { "width": map.width, "height": map.height, "values": map.values },
        "timings": {
            "decode": decode,
            "forward": timings.forward,
            "backward": timings.backward,
            "total": decode + timings.forward + timings.backward,
        },
    })
}

fn print(explanation: &Explanation, decode: f64) {
    for prediction in &explanation.predictions {
        println!(
            "{:5.1} %  {:>8.4}  {} ({})",
            prediction.probability * 100.0,
            prediction.logit,
            prediction.label,
            prediction.index
        );
    }
    let Explanation { target, layer, method, map, timings, .. } = explanation;
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
    println!("decode {decode:.0} ms, forward {:.0} ms, backward {:.0} ms", timings.forward, timings.backward);
}
