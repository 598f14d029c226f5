//! The explanation as users ask for it: a photo in, predictions and a map out.

mod support;

use gradcam::cam;
use gradcam::cpu::CpuEngine;
use gradcam::explain::{ExplainError, Explainer, Question};
use gradcam::model::{Model, ModelOptions};
use gradcam::photo::Photo;
use support::files::{default_model, default_network, file, fixture};
use support::reference::Reference;

#[test]
fn a_photo_is_explained_as_pytorch_explains_it() {
    pollster::block_on(async {
        let Model { network, input, classes } =
            Model::read(&default_model(), ModelOptions::default()).expect("a model");
        let mut explainer = Explainer::with_classes(CpuEngine::new(network).expect("an engine"), classes);
        for (name, label) in [("dahlia", "marigold"), ("cat", "sunflower")] {
            let photo = Photo::decode(&file(&format!("www/photos/{name}.jpg"))).expect("a photo");
            explainer.forward(&photo.network_input(&input)).await.expect("a forward");
            let explanation = explainer.explain(&Question::default()).await.expect("an explanation");
            let bytes = fixture(&format!("references/{name}.safetensors"));
            let reference = Reference::new(&bytes);
            let expected = reference.map("layer4.1", reference.classes()[0], cam::Method::GradCam);
            for (found, expected) in explanation.map.values.iter().zip(&expected) {
                assert!((found - expected).abs() < 1e-4);
            }
            assert_eq!(explanation.target.label, label);
            assert_eq!(explainer.classes().rank(&explanation.logits, 1), [explanation.target]);
            assert_eq!((explanation.map.width, explanation.map.height), (7, 7));
        }
    });
}

#[test]
fn what_does_not_exist_is_said_with_what_does() {
    pollster::block_on(async {
        let mut explainer = Explainer::new(CpuEngine::new(default_network()).expect("an engine"));
        assert!(explainer.explain(&Question::default()).await.is_err(), "no photo yet");
        explainer.forward(&vec![0.0; 3 * 224 * 224]).await.expect("a forward");
        let question = Question { layer: Some("layer9".into()), ..Question::default() };
        let error = explainer.explain(&question).await.expect_err("no such layer").to_string();
        assert!(error.contains("layer9") && error.contains("layer4.1"), "{error}");
        let question = Question { target: Some(102), ..Question::default() };
        let error = explainer.explain(&question).await.expect_err("no such class");
        assert_eq!(error, ExplainError::UnknownClass { class: 102, classes: 102 });
    });
}
