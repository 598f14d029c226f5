//! Why one class and not another: the maps subtract, and at the last layer they add up to the difference of the logits.

mod support;

use gradcam::cpu::CpuEngine;
use gradcam::engine::Engine;
use gradcam::explain::{ExplainError, Explainer, Method, Question};
use gradcam::network::Network;
use pollster::block_on;
use support::files::{default_network, fixture};
use support::parity::relative_l2;
use support::random::signed;
use support::reference::Reference;
use support::toy;

async fn with_photo(network: Network, input: &[f32]) -> Explainer<CpuEngine> {
    let mut explainer = Explainer::new(CpuEngine::new(network).expect("an engine"));
    explainer.forward(input).await.expect("a forward");
    explainer
}

#[test]
fn the_margin_map_sums_to_the_margin() {
    block_on(async {
        let mut explainer = Explainer::new(CpuEngine::new(default_network()).expect("an engine"));
        for photo in ["dahlia", "cat", "marigold", "yellow-daisy", "ladybird"] {
            let bytes = fixture(&format!("references/{photo}.safetensors"));
            let reference = Reference::new(&bytes);
            let logits = explainer.forward(&reference.input()).await.expect("a forward").to_vec();
            let [predicted, expected] = reference.classes() else { panic!("two classes") };
            let comparison = explainer.compare(None, *expected, None).await.expect("a comparison");
            assert_eq!((comparison.predicted.index, comparison.expected.index), (*predicted, *expected));
            assert_eq!(comparison.logits, logits);
            assert_eq!(comparison.layer, "layer4.1");
            let head = explainer.network().linear_head().expect("a linear head").linear;
            let difference = |of: &[f32]| f64::from(of[*predicted]) - f64::from(of[*expected]);
            let decomposition = comparison.decomposition.expect("of the last layer");
            assert_eq!(decomposition.sum, comparison.margin_map.sum());
            assert_eq!(decomposition.biases, difference(&head.bias));
            assert_eq!(decomposition.logits, difference(&logits));
            let gap = decomposition.sum + difference(&head.bias) - difference(&logits);
            assert_eq!(decomposition.residual, gap);
            assert!(gap.abs() <= 1e-4 * difference(&logits).abs(), "{photo}: {decomposition:?}");
        }
    });
}

#[test]
fn maps_subtract_at_every_layer() {
    block_on(async {
        for network in [toy::network(), toy::pooled_network()] {
            let pooled = network.linear_head().map(|head| head.layer.name);
            let layers = network.layers().to_vec();
            let input = signed("photo", network.input_shape().len());
            let mut explainer = with_photo(network, &input).await;
            for layer in layers {
                let comparison = explainer.compare(Some(3), 1, Some(&layer.name)).await.expect("a comparison");
                let maps = [&comparison.predicted_map, &comparison.expected_map, &comparison.margin_map];
                let [predicted, expected, margin] = maps.map(|map| &map.values);
                let difference: Vec<f32> = predicted.iter().zip(expected).map(|(p, e)| p - e).collect();
                assert!(relative_l2(margin, &difference) < 1e-5, "{}", layer.name);
                for (class, map) in [(3, maps[0]), (1, maps[1])] {
                    let question = Question {
                        layer: Some(layer.name.clone()),
                        method: Method::Cam(gradcam::cam::Method::HiResCam),
                        target: Some(class),
                    };
                    assert_eq!(explainer.explain(&question).await.expect("an explanation").map, *map);
                }
                assert_eq!(comparison.decomposition.is_some(), pooled.as_ref() == Some(&layer.name));
                let largest = maps.iter().flat_map(|map| &map.values).fold(0.0, |a: f32, b| a.max(b.abs()));
                assert_eq!(comparison.range(), largest);
                assert_eq!(comparison.evidence, gradcam::cam::evidence_distribution(&comparison.margin_map));
            }
        }
    });
}

#[test]
fn what_cannot_be_compared_is_refused() {
    block_on(async {
        let network = toy::pooled_network();
        let input = signed("photo", network.input_shape().len());
        let mut explainer = Explainer::new(CpuEngine::new(network).expect("an engine"));
        assert!(explainer.compare(None, 1, None).await.is_err(), "no photo yet");
        explainer.forward(&input).await.expect("a forward");
        let best = explainer.explain(&Question::default()).await.expect("an explanation").target;
        for predicted in [None, Some(best.index)] {
            let error = explainer.compare(predicted, best.index, None).await.expect_err("the same class");
            assert_eq!(error, ExplainError::SameClass { label: best.label.clone() });
            assert_eq!(error.code(), "same-class");
        }
        let classes = explainer.engine().network().classes();
        let error = explainer.compare(None, classes, None).await.expect_err("no such class");
        assert_eq!(error, ExplainError::UnknownClass { class: classes, classes });
        let error = explainer.compare(None, 1, Some("third")).await.expect_err("no such layer").to_string();
        assert!(error.contains("third") && error.contains("first, second"), "{error}");
    });
}
