//! Files of the project that native tests read.

use gradcam::families;
use gradcam::network::Network;
use gradcam::weights::Weights;
use std::path::PathBuf;

/// A file's bytes, by its path in the repository.
pub fn file(path: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A fixture's bytes.
pub fn fixture(name: &str) -> Vec<u8> {
    file(&format!("tests/fixtures/{name}"))
}

/// The default model's file.
pub fn default_model() -> Vec<u8> {
    file("www/models/resnet18-flowers102.safetensors")
}

/// The default model.
pub fn default_network() -> Network {
    let bytes = default_model();
    let weights = Weights::from_safetensors(&bytes).expect("the default model");
    families::build(&weights).expect("a ResNet-18")
}
