//! A model with what it expects of a photo, and the whole way from its file to an answer.

mod support;

use gradcam::cpu::CpuEngine;
use gradcam::explain::{Explainer, Question, SurveyQuestion};
use gradcam::model::{Model, ModelError, ModelOptions, OutputSpec};
use gradcam::photo::{Fill, InputSpec, Photo};
use gradcam::{GradCam, GradCamError};
use support::files::{default_model, default_network, file};

/// The default model with its header changed.
fn with_header(change: impl Fn(&mut serde_json::Value)) -> Vec<u8> {
    let bytes = default_model();
    let length = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
    let mut header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).expect("a header");
    change(&mut header);
    let header = serde_json::to_vec(&header).expect("a header");
    [&(header.len() as u64).to_le_bytes()[..], &header, &bytes[8 + length..]].concat()
}

/// The default model with other metadata.
fn with_metadata(entries: &[(&str, &str)]) -> Vec<u8> {
    with_header(|header| {
        for (key, value) in entries {
            header["__metadata__"][*key] = serde_json::json!(value);
        }
    })
}

/// The default model without an entry of its metadata.
fn without_metadata(key: &str) -> Vec<u8> {
    with_header(|header| {
        header["__metadata__"].as_object_mut().expect("metadata").remove(key);
    })
}

fn input(file: &[u8], options: ModelOptions) -> InputSpec {
    Model::read(file, options).expect("a model").input
}

#[test]
fn what_nobody_says_is_imagenets() {
    assert_eq!(input(&default_model(), ModelOptions::default()), InputSpec::IMAGENET);
    let options = ModelOptions { input_size: Some(288), ..ModelOptions::default() };
    let expected = InputSpec { crop: 288, resize: 330, ..InputSpec::IMAGENET };
    assert_eq!(input(&default_model(), options), expected, "288 · 256 / 224 is 329.1");
}

#[test]
fn the_file_is_believed_and_the_caller_before_it() {
    let stated =
        with_metadata(&[("input_size", "160"), ("resize", "170"), ("mean", "[0.5,0.5,0.5]"), ("std", "[1,1,1]")]);
    let of_file = InputSpec { crop: 160, resize: 170, mean: [0.5; 3], std: [1.0; 3] };
    assert_eq!(input(&stated, ModelOptions::default()), of_file);
    let options = ModelOptions { input_size: Some(128), std: Some([0.25; 3]), ..ModelOptions::default() };
    let model = Model::read(&stated, options).expect("a model");
    assert_eq!(model.input, InputSpec { crop: 128, std: [0.25; 3], ..of_file });
    let shape = model.network.input_shape();
    assert_eq!((shape.height, shape.width), (128, 128));
    let last = model.network.default_layer().expect("a layer");
    assert_eq!(model.network.map_shape(last.node).height, 4);
}

#[test]
fn labels_come_from_the_file_or_from_outside_or_are_counted() {
    let read = |file: &[u8], labels: Option<Vec<String>>| {
        Model::read(file, ModelOptions { labels, ..ModelOptions::default() })
    };
    assert_eq!(read(&default_model(), None).expect("a model").classes.labels[46], "marigold");
    let own: Vec<String> = (0..102).map(|class| format!("flower {class}")).collect();
    assert_eq!(read(&default_model(), Some(own.clone())).expect("a model").classes.labels, own);
    let bare = without_metadata("labels");
    assert_eq!(read(&bare, None).expect("a model").classes.labels[101], "class 101");
    let few = read(&bare, Some(vec!["one".into()])).expect_err("one label");
    assert_eq!(few, ModelError::LabelCount { labels: 1, classes: 102 });
    assert_eq!(few.code(), "model-labels");
}

#[test]
fn probabilities_go_by_what_the_file_or_the_caller_says() {
    let output = |file: &[u8], output: Option<OutputSpec>| {
        Model::read(file, ModelOptions { output, ..ModelOptions::default() }).map(|model| model.classes.output)
    };
    let independent = with_metadata(&[("output", "sigmoid")]);
    assert_eq!(output(&default_model(), None), Ok(OutputSpec::Softmax));
    assert_eq!(output(&independent, None), Ok(OutputSpec::Sigmoid));
    assert_eq!(output(&independent, Some(OutputSpec::Softmax)), Ok(OutputSpec::Softmax));
    let unknown = output(&with_metadata(&[("output", "tanh")]), None).expect_err("another output");
    assert_eq!(unknown.code(), "model-output");
    assert!(unknown.to_string().contains("“tanh”"), "{unknown}");

    pollster::block_on(async {
        let mut cam = GradCam::load(&independent, ModelOptions::default()).expect("a model");
        cam.open(&dahlia()).expect("a photo");
        let sigmoid = |logit: f32| 1.0 / (1.0 + (-f64::from(logit)).exp());
        let found = cam.explain(&Question::default()).await.expect("an explanation");
        assert_eq!(found.target.probability, sigmoid(found.target.logit));
        let survey = SurveyQuestion { layer: None, method: Question::default().method, expected: Some(3) };
        let expected = cam.survey(&survey).await.expect("a survey").expected.expect("class 3");
        assert_eq!(expected.probability, sigmoid(found.logits[3]));
        let measured = cam.faithfulness(&Question::default(), 1, async |_| true).await.expect("curves");
        let whole = measured.curves[0].probabilities[0];
        assert_eq!(whole, found.target.probability, "the curves begin with the photo");
    });
}

#[test]
fn what_cannot_be_is_said() {
    let refused = |file: &[u8], options: ModelOptions, words: &str| {
        let error = Model::read(file, options).expect_err(words);
        let message = error.to_string();
        assert!(message.contains(words) && message.ends_with('.'), "{message}");
        assert!(matches!(error, ModelError::Preprocessing { .. } | ModelError::Network(_)));
    };
    let file = default_model();
    let options = ModelOptions::default;
    refused(&file, ModelOptions { resize: Some(200), ..options() }, "no square of 224 × 224");
    refused(&file, ModelOptions { resize: Some(5000), ..options() }, "2048 pixels at most");
    refused(&file, ModelOptions { input_size: Some(8), ..options() }, "32");
    refused(&file, ModelOptions { input_size: Some(u32::MAX), ..options() }, "2048 pixels at most");
    refused(&file, ModelOptions { std: Some([1.0, 0.0, 1.0]), ..options() }, "not above zero");
    refused(&file, ModelOptions { mean: Some([f32::NAN; 3]), ..options() }, "not a finite number");
    refused(&with_metadata(&[("input_size", "large")]), options(), "input_size is “large”");
    refused(&with_metadata(&[("mean", "[1,2]")]), options(), "mean is “[1,2]”");
}

fn dahlia() -> Vec<u8> {
    file("www/photos/dahlia.jpg")
}

#[test]
fn the_whole_way_says_what_its_parts_say() {
    pollster::block_on(async {
        let mut cam = GradCam::load(&default_model(), ModelOptions::default()).expect("a model");
        let nothing = cam.explain(&Question::default()).await;
        assert_eq!(nothing, Err(GradCamError::NoPhoto));
        assert!(cam.open(b"no photo").is_err());
        cam.open(&dahlia()).expect("a photo");
        let found = cam.explain(&Question::default()).await.expect("an explanation");

        let mut explainer = Explainer::new(CpuEngine::new(default_network()).expect("an engine"));
        let photo = Photo::decode(&dahlia()).expect("a photo");
        explainer.forward(&photo.network_input(&InputSpec::IMAGENET)).await.expect("a forward");
        let expected = explainer.explain(&Question::default()).await.expect("an explanation");
        assert_eq!(found.logits, expected.logits);
        assert_eq!(found.map, expected.map);
        assert_eq!(cam.logits().await.expect("logits").len(), 102);
        assert_eq!(cam.layer_maps(Question::default().method, None).await.expect("maps").maps.len(), 10);
        assert_eq!(cam.class_maps().await.expect("maps").expect("a linear head").len(), 102);

        // What is painted over is seen, and comes back.
        let side = 224;
        let before = cam.seen().expect("pixels").to_vec();
        let painted = cam.erase(vec![true; side * side], Fill::Mean).map(|_| ());
        assert_eq!(painted, Ok(()));
        assert_ne!(cam.seen().expect("pixels"), before);
        assert_ne!(cam.explain(&Question::default()).await.expect("an explanation").map, found.map);
        cam.restore();
        assert_eq!(cam.explain(&Question::default()).await.expect("an explanation").map, found.map);
        let mask = cam.erase(vec![true; 9], Fill::Mean).map(|_| ());
        assert_eq!(mask, Err(GradCamError::Mask { found: 9, side }));
    });
}

#[test]
fn a_survey_says_by_how_much_the_answer_leads() {
    pollster::block_on(async {
        let mut cam = GradCam::load(&default_model(), ModelOptions::default()).expect("a model");
        cam.open(&dahlia()).expect("a photo");
        let question = |expected| SurveyQuestion { layer: None, method: Question::default().method, expected };
        let alone = cam.survey(&question(None)).await.expect("a survey");
        let ranking = cam.classes().rank(&alone.explanation.logits, 3);
        let [first, second, third] = &ranking[..] else { panic!("three classes") };
        assert_eq!(alone.margin, first.logit - second.logit, "over the second");
        assert_eq!(alone.expected, None);
        let right = cam.survey(&question(Some(first.index))).await.expect("a survey");
        assert_eq!(right.margin, alone.margin, "over the second, where it is right");
        let wrong = cam.survey(&question(Some(third.index))).await.expect("a survey");
        assert_eq!(wrong.margin, first.logit - third.logit, "over the expected one, where it is wrong");
        assert_eq!(wrong.expected.as_ref(), Some(third));
        assert_eq!(wrong.explanation.map, alone.explanation.map, "the map is the predicted class's");
        assert_eq!(wrong.evidence, gradcam::cam::evidence_distribution(&alone.explanation.map));
        assert!(cam.survey(&question(Some(102))).await.is_err(), "no such class");
    });
}
