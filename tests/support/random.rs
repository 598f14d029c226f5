//! Numbers that look random and are the same everywhere, in Python's fixtures too.

use safetensors::{Dtype, tensor::TensorView};

/// The 32-bit FNV-1a hash of a name.
pub fn fnv1a(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Value number `index` of the sequence of this name, uniform in [0, 1).
pub fn uniform(name: &str, index: u32) -> f64 {
    let mut x = fnv1a(name).wrapping_add(index.wrapping_mul(0x9e37_79b9));
    x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^= x >> 16;
    f64::from(x) / 4_294_967_296.0
}

/// `count` values in [-1, 1).
pub fn signed(name: &str, count: usize) -> Vec<f32> {
    (0..count as u32).map(|index| (2.0 * uniform(name, index) - 1.0) as f32).collect()
}

/// Names and shapes of an untrained ResNet-34's tensors, as torchvision has them.
fn resnet34_tensors(classes: usize) -> Vec<(String, Vec<usize>)> {
    let mut tensors = Vec::new();
    let mut convolution = |name: String, batch_norm: String, shape: [usize; 4]| {
        tensors.push((format!("{name}.weight"), shape.to_vec()));
        for part in ["weight", "bias", "running_mean", "running_var"] {
            tensors.push((format!("{batch_norm}.{part}"), vec![shape[0]]));
        }
    };
    convolution("conv1".into(), "bn1".into(), [64, 3, 7, 7]);
    let mut channels = 64;
    for (stage, (out, blocks)) in [(64, 3), (128, 4), (256, 6), (512, 3)].into_iter().enumerate() {
        for block in 0..blocks {
            let name = format!("layer{}.{block}", stage + 1);
            convolution(format!("{name}.conv1"), format!("{name}.bn1"), [out, channels, 3, 3]);
            convolution(format!("{name}.conv2"), format!("{name}.bn2"), [out, out, 3, 3]);
            if channels != out {
                convolution(format!("{name}.downsample.0"), format!("{name}.downsample.1"), [out, channels, 1, 1]);
            }
            channels = out;
        }
    }
    tensors.push(("fc.weight".into(), vec![classes, channels]));
    tensors.push(("fc.bias".into(), vec![classes]));
    tensors
}

/// A `.safetensors` file of a ResNet-34 whose weights follow the formula of `tools/make_reference_fixtures.py`, and the
/// sum of their bit patterns.
pub fn generated_resnet34(classes: usize) -> (Vec<u8>, u64) {
    let mut checksum = 0u64;
    let mut files: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for (name, shape) in resnet34_tensors(classes) {
        let count: usize = shape.iter().product();
        let mut bytes = Vec::with_capacity(count * 4);
        for index in 0..count as u32 {
            let value = generated_weight(&name, &shape, uniform(&name, index)) as f32;
            checksum = checksum.wrapping_add(u64::from(value.to_bits()));
            bytes.extend(value.to_le_bytes());
        }
        files.push((name, shape, bytes));
    }
    let views = files.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).expect("as many bytes as the shape needs");
        (name.as_str(), view)
    });
    (safetensors::serialize(views, None).expect("a model file"), checksum)
}

/// The value that `u`, uniform in [0, 1), stands for in the tensor of this name.
fn generated_weight(name: &str, shape: &[usize], u: f64) -> f64 {
    if name == "fc.weight" {
        (2.0 * u - 1.0) * (3.0 / shape[1] as f64).sqrt()
    } else if name.ends_with("running_mean") || name.ends_with("bias") {
        0.2 * (u - 0.5)
    } else if let [_, channels, height, width] = shape {
        (2.0 * u - 1.0) * (6.0 / (channels * height * width) as f64).sqrt()
    } else if name.ends_with("bn2.weight") {
        0.3 * (0.5 + u)
    } else {
        0.5 + u
    }
}
