//! Model files that are not what they should be: each is refused in one sentence that names the tensor.

mod support;

use gradcam::families::{self, BatchNorm, FamilyError};
use gradcam::network::{
    Convolution, GlobalAveragePool, MapShape, Network, NetworkBuilder, NodeId, Operation, Window,
};
use gradcam::weights::{Weights, WeightsError};
use support::files::default_model;
use support::{parity::relative_l2, random};

fn build(bytes: &[u8]) -> Result<Network, FamilyError> {
    families::build(&Weights::read(bytes)?)
}

/// The default model with its header changed.
fn with_header(change: impl Fn(&mut serde_json::Map<String, serde_json::Value>)) -> Vec<u8> {
    let bytes = default_model();
    let length = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
    let mut header = serde_json::from_slice(&bytes[8..8 + length]).expect("a header");
    change(&mut header);
    let header = serde_json::to_vec(&header).expect("a header");
    [&(header.len() as u64).to_le_bytes()[..], &header, &bytes[8 + length..]].concat()
}

/// The default model with the two bytes at the start of a tensor replaced.
fn with_first_value(name: &str, value: half::f16) -> Vec<u8> {
    let mut bytes = default_model();
    let length = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).expect("a header");
    let offset = 8 + length + header[name]["data_offsets"][0].as_u64().expect("an offset") as usize;
    bytes[offset..offset + 2].copy_from_slice(&value.to_le_bytes());
    bytes
}

#[test]
fn the_default_model_is_read() {
    let network = build(&default_model()).expect("a network");
    assert_eq!(network.architecture(), "resnet18");
    let names: Vec<&str> = network.layers().iter().map(|layer| layer.name.as_str()).collect();
    let expected = [
        "stem", "maxpool", "layer1.0", "layer1.1", "layer2.0", "layer2.1", "layer3.0", "layer3.1", "layer4.0",
        "layer4.1",
    ];
    assert_eq!(names, expected);
}

#[test]
fn what_is_no_model_is_called_what_it_is() {
    let text = [("notes.txt".to_string(), b"no model".to_vec())];
    let zip = gradcam::export::zip(&text).expect("an archive");
    let cases: [(&[u8], &str); 8] = [
        (b"", "empty"),
        (b"<!doctype html><title>404</title>", "a web page"),
        (&zip, "a ZIP archive"),
        (b"PK\x03\x04rest of a zip", "incomplete or damaged"),
        (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "before version 1.6"),
        (b"\xFF\xD8\xFF\xE0\0\x10JFIF", "a picture"),
        (b"hello, this is a text", "another format"),
        (b"abc", "another format"),
    ];
    for (bytes, words) in cases {
        let error = build(bytes).expect_err("no model").to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_truncated_file_is_called_incomplete() {
    let bytes = default_model();
    for length in [9, 100, 5_000, 20_000, bytes.len() / 2, bytes.len() - 1] {
        let error = build(&bytes[..length]).expect_err("half a model");
        assert_eq!(error.code(), "model-damaged", "{length}: {error}");
    }
}

#[test]
fn a_missing_tensor_is_named() {
    for name in [
        "layer3.1.bn2.running_var",
        "fc.weight",
        "layer4.1.conv1.weight",
        "conv1.weight",
        "layer2.0.downsample.0.weight",
    ] {
        let bytes = with_header(|header| {
            // Renamed rather than removed: the file's bytes must stay covered.
            let tensor = header.remove(name).expect("a tensor");
            header.insert("something.else".into(), tensor);
        });
        let error = build(&bytes).expect_err("a tensor is missing");
        assert_eq!(error.code(), "model-tensor-missing", "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn a_wrong_shape_is_named_with_what_was_expected() {
    let bytes = with_header(|header| header["layer1.0.conv1.weight"]["shape"] = serde_json::json!([64, 3, 64, 3]));
    let error = build(&bytes).expect_err("a wrong shape").to_string();
    assert!(error.contains("[64, 3, 64, 3]") && error.contains("[64, 64, 3, 3]"), "{error}");
}

#[test]
fn a_data_type_that_is_not_read_is_named() {
    let bytes = with_header(|header| header["bn1.weight"]["dtype"] = serde_json::json!("I16"));
    let error = build(&bytes).expect_err("integers").to_string();
    assert!(error.contains("bn1.weight") && error.contains("I16"), "{error}");
}

#[test]
fn values_that_are_not_finite_are_refused() {
    for value in [half::f16::NAN, half::f16::INFINITY] {
        let error = build(&with_first_value("layer2.1.conv2.weight", value)).expect_err("not finite");
        assert_eq!(error, FamilyError::Weights(WeightsError::NotFinite { name: "layer2.1.conv2.weight".into() }));
    }
}

#[test]
fn another_architecture_is_not_forced() {
    let stated = with_header(|header| header["__metadata__"]["architecture"] = serde_json::json!("vgg16"));
    assert!(build(&stated).expect_err("a VGG").to_string().contains("vgg16"));
    let shallower = with_header(|header| header["__metadata__"]["architecture"] = serde_json::json!("resnet34"));
    let error = build(&shallower).expect_err("a ResNet-18");
    assert_eq!(error.code(), "model-tensor-missing");
    assert!(error.to_string().contains("layer1.2.conv1.weight"), "{error}");
}

/// The default model, every tensor under another name.
fn renamed(name: impl Fn(&str) -> String) -> Vec<u8> {
    with_header(|header| {
        let names: Vec<String> = header.keys().filter(|name| *name != "__metadata__").cloned().collect();
        for old in names {
            let tensor = header.remove(&old).expect("a tensor");
            header.insert(name(&old), tensor);
        }
    })
}

#[test]
fn whatever_stands_before_the_names_goes() {
    for prefix in ["module.", "backbone.", "model.", "_orig_mod.", "state.net.encoder."] {
        let network = build(&renamed(|name| format!("{prefix}{name}"))).expect("a network");
        assert_eq!(network.classes(), 102, "{prefix}");
    }
    // The head may have been added later.
    let head = |name: &str| if name.starts_with("fc.") { name.to_string() } else { format!("backbone.{name}") };
    assert_eq!(build(&renamed(head)).expect("a network").classes(), 102);
}

#[test]
fn another_family_is_told_what_it_has() {
    let error =
        build(&renamed(|name| format!("features.{}", name.replace("layer", "stage")))).expect_err("no ResNet");
    assert_eq!(error.code(), "model-architecture");
    assert!(error.to_string().contains("it has “features.bn1.bias”, for example, but no"), "{error}");
}

/// The default model with some tensor under another name besides, of the shape and bytes that are in its place.
fn with_tensor(name: &str, values: &[f32], shape: &[usize]) -> Vec<u8> {
    let bytes = default_model();
    let length = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
    let data = values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let start = bytes.len() - 8 - length;
    let tensor =
        serde_json::json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, start + data.len()] });
    let with = with_header(|header| {
        header.insert(name.to_string(), tensor.clone());
    });
    [with, data].concat()
}

#[test]
fn a_tensor_without_a_place_is_refused_by_name() {
    for name in [
        "layer1.0.se.fc1.weight",
        "layer1.0.conv1.bias",
        "layer2.0.downsample.2.weight",
        "layer5.0.conv1.weight",
        "conv1.0.weight",
        "bn1.scale",
        "fc.1.bias",
    ] {
        let error = build(&with_tensor(name, &[1.0], &[1])).expect_err("another network");
        assert_eq!(error.code(), "model-architecture", "{error}");
        assert!(error.to_string().contains(&format!("“{name}”")), "{error}");
    }
    for name in ["aux.fc.weight", "layer1.0.bn1.num_batches_tracked", "fc2.weight", "layers.0.weight"] {
        assert!(build(&with_tensor(name, &[1.0], &[1])).is_ok(), "{name}");
    }
}

#[test]
fn a_head_within_a_sequence_is_found() {
    let numbered = |index: &'static str| move |name: &str| name.replace("fc.", &format!("fc.{index}."));
    assert_eq!(build(&renamed(numbered("1"))).expect("a network").classes(), 102);
    let error = build(&renamed(numbered("linear"))).expect_err("who knows what comes after it").to_string();
    assert!(error.contains("“fc.linear.bias”"), "{error}");
}

#[test]
fn stated_names_may_come_with_more() {
    for stated in ["resnet18", "ResNet18", "resnet18.a1_in1k", "timm/resnet18.tv_in1k", "microsoft/resnet-18"] {
        let bytes = with_header(|header| header["__metadata__"]["architecture"] = serde_json::json!(stated));
        assert_eq!(build(&bytes).expect(stated).architecture(), "resnet18");
    }
    // As the examples of PyTorch have it.
    let bytes = with_header(|header| {
        let metadata = header["__metadata__"].as_object_mut().expect("metadata");
        metadata.remove("architecture");
        metadata.insert("arch".into(), "resnet50".into());
    });
    assert!(build(&bytes).expect_err("no ResNet-50").to_string().contains("a resnet50"));
    assert_eq!(Weights::read(&bytes).expect("a file").metadata("arch"), Some("resnet50"));
}

#[test]
fn labels_come_from_the_file() {
    let bytes = default_model();
    assert_eq!(Weights::read(&bytes).expect("a file").labels().expect("labels")[46], "marigold");
    let bare = with_header(|header| {
        header.remove("__metadata__");
    });
    assert_eq!(Weights::read(&bare).expect("a file").labels(), None);
    let bad = with_header(|header| header["__metadata__"]["labels"] = serde_json::json!("no, list"));
    assert_eq!(build(&bad).expect_err("no labels").code(), "model-labels");
}

#[test]
fn bfloat16_and_float32_are_widened() {
    let shape = vec![3];
    let halves: Vec<u8> =
        [0.5f32, -2.0, 1.5].iter().flat_map(|&v| half::bf16::from_f32(v).to_le_bytes()).collect();
    let floats: Vec<u8> = [0.5f32, -2.0, 1.5].iter().flat_map(|v| v.to_le_bytes()).collect();
    let views = [
        ("b", safetensors::tensor::TensorView::new(safetensors::Dtype::BF16, shape.clone(), &halves)),
        ("f", safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape, &floats)),
    ];
    let views = views.into_iter().map(|(name, view)| (name, view.expect("a view")));
    let bytes = safetensors::serialize(views, None).expect("a file");
    let weights = Weights::from_safetensors(&bytes).expect("a file");
    for name in ["b", "f"] {
        assert_eq!(weights.tensor("test", name, &[3]), Ok(vec![0.5, -2.0, 1.5]));
    }
}

/// A convolution with its BatchNorm folded in, against candle's convolution followed by candle-nn's BatchNorm.
#[test]
fn folding_changes_nothing() {
    use candle_core::{Device, Tensor};
    use candle_nn::ModuleT;
    let (out, channels, side) = (6, 4, 9);
    let positive = |name: &str| random::signed(name, out).iter().map(|v| 0.1 + v.abs()).collect::<Vec<f32>>();
    for epsilon in [1e-5, 1e-3] {
        let norm = BatchNorm {
            weight: random::signed("weight", out),
            bias: random::signed("bias", out),
            running_mean: random::signed("mean", out),
            running_var: positive("variance"),
            epsilon,
        };
        let tensor =
            |values: &[f32], shape: &[usize]| Tensor::from_slice(values, shape, &Device::Cpu).expect("a tensor");
        let vector = |values: &[f32]| tensor(values, &[out]);
        let weight = random::signed("filters", out * channels * 9);
        let own_bias = random::signed("own bias", out);
        let input = tensor(&random::signed("photo", channels * side * side), &[1, channels, side, side]);
        let with_bias = |plain: Tensor, bias: &[f32]| plain.broadcast_add(&tensor(bias, &[1, out, 1, 1]));

        let unfolded = candle_nn::BatchNorm::new(
            out,
            vector(&norm.running_mean),
            vector(&norm.running_var),
            vector(&norm.weight),
            vector(&norm.bias),
            epsilon,
        )
        .expect("a BatchNorm");
        let plain = input.conv2d(&tensor(&weight, &[out, channels, 3, 3]), 1, 2, 1, 1).expect("a convolution");
        let plain = with_bias(plain, &own_bias).expect("a bias");
        let expected = unfolded.forward_t(&plain, false).expect("a normalised output");

        let mut builder = NetworkBuilder::new(MapShape::new(channels, side, side));
        let window = Window::square(3, 2, 1);
        let convolution = Convolution { weight: weight.into(), bias: own_bias.into(), window, groups: 1 };
        let node = builder.push("convolution", convolution, &[NodeId::INPUT]).expect("a convolution");
        let node = builder.push("norm", norm.affine(), &[node]).expect("a BatchNorm");
        let node = builder.push("mean", GlobalAveragePool, &[node]).expect("a mean");
        let network = builder.finish("folded", node).expect("a network");
        assert_eq!(network.nodes().len(), 3, "the BatchNorm is gone");
        let Operation::Convolution(folded) = &network.nodes()[1].operation else { panic!("a convolution") };
        let found = input.conv2d(&tensor(&folded.weight, &[out, channels, 3, 3]), 1, 2, 1, 1);
        let found = with_bias(found.expect("a convolution"), &folded.bias).expect("a bias");
        let values = |tensor: Tensor| tensor.flatten_all().and_then(|t| t.to_vec1::<f32>()).expect("values");
        assert!(relative_l2(&values(found), &values(expected)) < 1e-6);
    }
}
