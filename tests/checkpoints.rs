//! PyTorch's checkpoints: what `torch.save` wrote is read to the last bit, and what nobody should have written is refused,
//! each in a sentence and at once.

mod support;

use gradcam::families::{self, FamilyError};
use gradcam::network::Network;
use gradcam::weights::{Weights, WeightsError};
use serde_json::Value;
use std::time::{Duration, Instant};
use support::checkpoint::{archive, state_dict};
use support::files::{default_model, fixture};
use support::random::signed;
use support::resnet::RESNET18;

/// So long may a refusal take.
const SOON: Duration = Duration::from_secs(1);

/// What becomes of a model file.
fn open(bytes: &[u8]) -> Result<Network, FamilyError> {
    families::build(&Weights::read(bytes)?)
}

/// Code and sentence of a refusal, which must come soon and be fit to be shown.
#[track_caller]
fn refusal(what: &str, bytes: &[u8]) -> (&'static str, String) {
    let start = Instant::now();
    let error = open(bytes).expect_err(what);
    let taken = start.elapsed();
    assert!(taken < SOON, "{what}: {taken:?}");
    let message = error.to_string();
    assert_sentence(&message);
    (error.code(), message)
}

#[track_caller]
fn assert_sentence(message: &str) {
    let length = message.chars().count();
    assert!((10..=300).contains(&length), "{length} characters: {message}");
    assert!(message.starts_with(|first: char| first.is_uppercase() || first == '“'), "{message}");
    assert!(message.ends_with('.'), "{message}");
    for word in ["undefined", "null", "NaN", "Error:", "panicked", "wasm"] {
        assert!(!message.contains(word), "{message}");
    }
    assert!(!message.contains(char::is_control), "{message}");
}

/// What PyTorch wrote and says of it: see `tools/make_checkpoint_fixtures.py`.
fn fixtures() -> serde_json::Map<String, Value> {
    serde_json::from_slice(&fixture("checkpoints/expected.json")).expect("an object")
}

#[test]
fn what_torch_saved_is_read_to_the_last_bit() {
    let mut read = 0;
    for (file, expected) in fixtures() {
        let Some(tensors) = expected["tensors"].as_array() else { continue };
        let bytes = fixture(&format!("checkpoints/{file}"));
        let weights = Weights::read(&bytes).expect(&file);
        // Prefixes go where they stand before a ResNet's names, and these are none.
        let prefix = expected["prefix"].as_str().expect("a prefix");
        let mut names = Vec::new();
        for tensor in tensors {
            let text = |key: &str| tensor[key].as_str().expect("text");
            let name = format!("{prefix}{}", text("name"));
            assert_tensor(&weights, &name, text("dtype"), &tensor["shape"], &tensor["values"]);
            names.push(name);
            read += 1;
        }
        names.sort();
        assert_eq!(weights.names().collect::<Vec<_>>(), names, "{file}");
        let labels = expected["labels"].as_array();
        let labels =
            labels.map(|labels| labels.iter().map(|label| label.as_str().expect("a label").to_string()).collect());
        assert_eq!(weights.labels().map(<[String]>::to_vec), labels, "{file}");
    }
    assert!(read > 100, "{read} tensors");
}

fn assert_tensor(weights: &Weights, name: &str, dtype: &str, shape: &Value, values: &Value) {
    let shape: Vec<usize> = serde_json::from_value(shape.clone()).expect("a shape");
    assert_eq!(weights.shape(name), Some(&*shape), "{name}");
    let found = weights.tensor("test", name, &shape);
    if !dtype.contains("float") {
        let expected = WeightsError::DataType { name: name.to_string(), dtype: dtype.to_string() };
        assert_eq!(found, Err(expected));
        return;
    }
    let values: Vec<f64> = serde_json::from_value(values.clone()).expect("numbers");
    let expected: Vec<f32> = values.iter().map(|&value| value as f32).collect();
    if expected.iter().all(|value| value.is_finite()) {
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&found.expect(name)), bits(&expected), "{name}");
    } else {
        // A `f64` beyond all `f32`.
        assert_eq!(found, Err(WeightsError::NotFinite { name: name.to_string() }));
    }
}

#[test]
fn what_torch_would_not_read_is_refused() {
    let mut refused = 0;
    for (file, expected) in fixtures() {
        let Some(reason) = expected["refused"].as_str() else { continue };
        let bytes = fixture(&format!("checkpoints/{file}"));
        let names = expected["names"].as_str().unwrap_or_default();
        if reason == "type" {
            // Only if it is asked for.
            let weights = Weights::read(&bytes).expect(&file);
            let error = weights.tensor("test", "weight", &[2, 3]).expect_err(&file);
            assert_eq!(error, WeightsError::DataType { name: "weight".into(), dtype: names.into() });
            assert_sentence(&error.to_string());
        } else {
            let (code, message) = refusal(&file, &bytes);
            let expected = match reason {
                "code" => vec!["model-code"],
                "damaged" | "legacy" => vec!["model-damaged"],
                "empty" => vec!["model-tensor-missing", "model-damaged"],
                other => panic!("{other}"),
            };
            assert!(expected.contains(&code), "{file}: {code}, {message}");
            assert!(message.contains(names), "{file}: {message}");
        }
        refused += 1;
    }
    assert!(refused > 40, "{refused} files");
}

#[test]
fn tensors_that_lie_outside_are_named() {
    for name in
        ["shape-absurd", "shape-expanded", "strides-beyond", "offset-beyond", "record-short", "storage-absurd"]
    {
        let (_, message) = refusal(name, &fixture(&format!("checkpoints/{name}.pth")));
        assert!(message.starts_with("Tensor “weight” has shape ["), "{message}");
    }
}

#[test]
fn a_whole_network_is_built_of_a_checkpoint() {
    let tensors = RESNET18.tensors(3);
    let values = |name: &str, shape: &[usize]| {
        let values = signed(name, shape.iter().product());
        let values = values.iter().map(|value| if name.ends_with("running_var") { value.abs() } else { *value });
        values.flat_map(f32::to_le_bytes).collect()
    };
    let bytes = state_dict(&tensors, values);
    let network = open(&bytes).expect("a ResNet-18");
    assert_eq!((network.architecture(), network.classes()), ("resnet18", 3));
    let weights = Weights::read(&bytes).expect("a checkpoint");
    assert_eq!(weights.shape("layer1.0.bn1.num_batches_tracked"), Some(&[][..]));
    for prefix in ["module.", "state.backbone."] {
        let renamed = |(name, shape): &(String, Vec<usize>)| (format!("{prefix}{name}"), shape.clone());
        let prefixed: Vec<_> = tensors.iter().map(renamed).collect();
        let bytes = state_dict(&prefixed, |name, shape| values(&name[prefix.len()..], shape));
        let prefixed = Weights::read(&bytes).expect("a checkpoint");
        let prefixed = prefixed.within("layer1.0.conv1.weight").expect("one network");
        assert!(prefixed.names().eq(weights.names()), "{prefix}");
        let fc = |weights: &Weights| weights.tensor("test", "fc.weight", &[3, 512]).expect("the last layer");
        assert_eq!(fc(&prefixed), fc(&weights));
    }
}

/// A pickle of protocol 4 of these opcodes, as the only record.
fn pickle(opcodes: &[u8]) -> Vec<u8> {
    archive(&[b"\x80\x04", opcodes].concat(), [], 0)
}

fn text(text: &str) -> Vec<u8> {
    [b"X".as_slice(), &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

#[test]
fn code_is_refused_by_name_however_it_is_asked_for() {
    let os_system = [text("os"), text("system")].concat();
    let named: [(&str, Vec<u8>, &str); 6] = [
        ("a global", b"cos\nsystem\n.".to_vec(), "os.system"),
        ("a global of the stack", [&*os_system, b"\x93."].concat(), "os.system"),
        ("an instance", [b"(", &*text("echo"), b"ios\nsystem\n."].concat(), "os.system"),
        ("a class", b"ctorch.nn.modules.linear\nLinear\n)\x81.".to_vec(), "torch.nn.modules.linear.Linear"),
        ("a module of what is understood", b"ctorch\nload\n.".to_vec(), "torch.load"),
        ("a longer name of it", b"ctorch._utils\n_rebuild_tensor_v2.__globals__\n.".to_vec(), "__globals__"),
    ];
    for (what, opcodes, name) in named {
        let (code, message) = refusal(what, &pickle(&opcodes));
        assert_eq!(code, "model-code", "{what}: {message}");
        assert!(message.contains(name) && message.contains("torch.save(model.state_dict(), path)"), "{message}");
    }
    let long = ["c", &"\u{1}no\r".repeat(1 << 20), "\n", "system\n."].concat();
    assert_eq!(refusal("a name of megabytes", &pickle(long.as_bytes())).0, "model-code");
}

/// Each would need far more memory or time than its bytes, were it taken at its word.
#[test]
fn bombs_do_not_go_off() {
    let megabyte = text(&"x".repeat(1 << 20));
    let many = |opcodes: &[u8]| opcodes.repeat(1 << 16);
    // Places 1 to 3 of the memo are the function, a storage, and the arguments for a tensor of one element.
    let tensor = [
        b"ctorch._utils\n_rebuild_tensor_v2\nq\x01(".as_slice(),
        &text("storage"),
        b"ctorch\nFloatStorage\n",
        &text("0"),
        &text("cpu"),
        b"K\x01tQq\x02(h\x02K\0K\x01\x85K\x01\x85\x89N",
        b"tq\x03",
    ]
    .concat();
    let key = |key: &str| [b"}", &*text(key)].concat();
    let bombs: Vec<(&str, Vec<u8>)> = vec![
        ("values", b"K\x01".repeat(1 << 21)),
        ("marks", b"(".repeat(1 << 21)),
        (
            "references to a tuple of many",
            [b"(", &*many(b"K\x01"), b"tq\x01ccollections\nCounter\nq\x02", &many(b"h\x02h\x01R")].concat(),
        ),
        ("tensors", [&*tensor, &many(b"h\x01h\x03R")].concat()),
        (
            "shapes of many dimensions",
            [&*tensor, b"(", &many(b"K\x01"), b"tq\x04", &many(b"h\x01(h\x02K\0h\x04h\x04\x89NtR")].concat(),
        ),
        (
            "labels that are one long text",
            [&*key("labels"), b"](", &megabyte, b"q\x01", &many(b"h\x01"), b"es."].concat(),
        ),
        ("names that are one long text", [b"}(", &*megabyte, b"q\x01N", &many(b"h\x01N"), b"u."].concat()),
        (
            "tensors whose names are one long text",
            [&*tensor, b"h\x01h\x03Rq\x04}(", &megabyte, b"q\x05h\x04", &many(b"h\x05h\x04"), b"u."].concat(),
        ),
        (
            "texts that are one long text",
            [b"}(", &*text("a"), &megabyte, b"q\x01", &many(&[&*text("b"), b"h\x01"].concat()), b"u."].concat(),
        ),
        ("pops of nothing", many(b"0")),
        ("a list of itself", b"]q\x00h\x00ah\x00a.".to_vec()),
        ("a table of itself", [b"}q\x00", &*text("state_dict"), b"h\x00s."].concat()),
        ("extensions", b"\x82\x01.".to_vec()),
    ];
    for (what, opcodes) in bombs {
        refusal(what, &archive(&[b"\x80\x04", &*opcodes].concat(), [vec![0; 4]], 4));
    }
}

/// Whatever becomes of a file on its way: no end and no byte of it brings the reader down.
#[test]
fn no_damage_is_beyond_words() {
    let small =
        small_file(serde_json::json!({ "a": { "dtype": "F16", "shape": [2], "data_offsets": [0, 4] } }), &[1; 4]);
    for bytes in [fixture("checkpoints/bare.pth"), small] {
        let check = |bytes: &[u8]| {
            let start = Instant::now();
            if let Err(error) = open(bytes) {
                assert_sentence(&error.to_string());
            }
            assert!(start.elapsed() < SOON);
        };
        (0..bytes.len()).for_each(|length| check(&bytes[..length]));
        for position in 0..bytes.len() {
            for other in [0x00, 0xFF, b'R'] {
                let mut changed = bytes.clone();
                changed[position] = other;
                check(&changed);
            }
        }
    }
}

/// The default model with its header changed, and the header's length.
fn with_header(change: impl Fn(&mut serde_json::Map<String, Value>)) -> Vec<u8> {
    let bytes = default_model();
    let length = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
    let mut header = serde_json::from_slice(&bytes[8..8 + length]).expect("a header");
    change(&mut header);
    safetensors_of(&header, &bytes[8 + length..])
}

fn safetensors_of(header: &serde_json::Map<String, Value>, data: &[u8]) -> Vec<u8> {
    let header = serde_json::to_vec(header).expect("a header");
    [&(header.len() as u64).to_le_bytes()[..], &header, data].concat()
}

/// A file of some tensors that are not looked into.
fn small_file(header: Value, data: &[u8]) -> Vec<u8> {
    safetensors_of(header.as_object().expect("an object"), data)
}

#[test]
fn hostile_files_of_the_other_format_are_refused() {
    let f32s = |shape: Value, offsets: [u64; 2]| serde_json::json!({ "dtype": "F32", "shape": shape, "data_offsets": offsets });
    let good = default_model();
    let header_length = u64::from_le_bytes(good[..8].try_into().expect("eight bytes")) as usize;
    let with_length = |length: u64| [&length.to_le_bytes()[..], &good[8..4096]].concat();
    let not_a_number = {
        let header: Value = serde_json::from_slice(&good[8..8 + header_length]).expect("a header");
        let offset = header["layer3.0.conv1.weight"]["data_offsets"][0].as_u64().expect("an offset") as usize;
        let mut bytes = good.clone();
        bytes[8 + header_length + offset..][..2].copy_from_slice(&half::f16::NAN.to_le_bytes());
        bytes
    };
    let renamed = |from: &'static str, to: &'static str| {
        with_header(|header| {
            let tensor = header.remove(from).expect("a tensor");
            header.insert(to.into(), tensor);
        })
    };
    let cases: Vec<(&str, Vec<u8>, &str, &str)> = vec![
        ("nothing", Vec::new(), "model-damaged", "empty"),
        ("a header of 4 GB", with_length(0xFFFF_FFFF), "model-damaged", "longer than any"),
        ("a header beyond all memory", with_length(u64::MAX), "model-damaged", "longer than any"),
        ("a header beyond the file", with_length(1 << 20), "model-damaged", "within its header"),
        ("half a file", good[..good.len() / 2].to_vec(), "model-damaged", "cut short"),
        (
            "overlapping tensors",
            small_file(
                serde_json::json!({ "a": f32s([1].into(), [0, 4]), "b": f32s([1].into(), [2, 6]) }),
                &[0; 6],
            ),
            "model-damaged",
            "“b” overlap",
        ),
        (
            "a shape that is absurd",
            small_file(serde_json::json!({ "a.weight": f32s([1u64 << 40, 1 << 40].into(), [0, 4]) }), &[0; 4]),
            "model-damaged",
            "“a.weight” has shape [1099511627776, 1099511627776]",
        ),
        (
            "a shape that does not fit",
            small_file(serde_json::json!({ "a.weight": f32s([2, 3].into(), [0, 4]) }), &[0; 4]),
            "model-damaged",
            "“a.weight” has shape [2, 3]",
        ),
        (
            "offsets beyond the file",
            small_file(serde_json::json!({ "a": f32s([1u64 << 40].into(), [0, 1 << 42]) }), &[0; 4]),
            "model-damaged",
            "cut short",
        ),
        (
            "a header of lists",
            [&8u64.to_le_bytes()[..], b"{\"a\":[]}"].concat(),
            "model-damaged",
            "list of tensors",
        ),
        ("no number", not_a_number, "model-not-finite", "“layer3.0.conv1.weight”"),
        (
            "integers",
            with_header(|header| header["fc.bias"]["dtype"] = "I16".into()),
            "model-dtype",
            "“fc.bias” has data type I16",
        ),
        ("no last layer", renamed("fc.weight", "head.weight"), "model-tensor-missing", "“fc.weight”"),
        (
            "a VGG",
            small_file(serde_json::json!({ "features.0.weight": f32s([1, 1, 1, 1].into(), [0, 4]) }), &[0; 4]),
            "model-architecture",
            "it has “features.0.weight”, for example, but no “layer1.0.conv1.weight”",
        ),
    ];
    for (what, bytes, code, words) in cases {
        let (found, message) = refusal(what, &bytes);
        assert_eq!(found, code, "{what}: {message}");
        assert!(message.contains(words), "{what}: {message}");
    }
}
