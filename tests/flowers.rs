//! 300 photos of the data set, where it is at hand: the network says of each what PyTorch says.

mod support;

use gradcam::GradCam;
use gradcam::model::ModelOptions;
use serde_json::Value;
use std::path::PathBuf;
use support::files::{default_model, fixture};

/// As `tools/make_flowers_fixtures.py` has it: five decimals, and PyTorch's own rounding.
const LOGIT: f64 = 1e-3;

#[test]
fn pytorch_agrees_on_300_photos() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/flowers-102/jpg");
    if !folder.is_dir() {
        println!("skipped: the photos of Oxford Flowers-102 are not at hand");
        return;
    }
    let facts: Value = serde_json::from_slice(&fixture("flowers102.json")).expect("PyTorch's answers");
    let photos = facts["photos"].as_array().expect("a list");
    assert_eq!(photos.len(), 300);
    let mut cam = GradCam::load(&default_model(), ModelOptions::default()).expect("a model");
    let mut right = 0;
    for photo in photos {
        let name = photo["file"].as_str().expect("a name");
        let number = |key: &str| photo[key].as_u64().expect("a class") as usize;
        let bytes = std::fs::read(folder.join(name)).expect("a photo's file");
        cam.open(&bytes).expect("a photo");
        let logits = pollster::block_on(cam.logits()).expect("a forward");
        let best = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).expect("classes");
        assert_eq!(best, number("top1"), "{name}");
        let expected = photo["logit"].as_f64().expect("a logit");
        let found = f64::from(logits[best]);
        assert!((found - expected).abs() < LOGIT, "{name}: {found}, PyTorch {expected}");
        right += u64::from(best == number("class"));
    }
    assert_eq!(right, facts["right"].as_u64().expect("a count"));
}
