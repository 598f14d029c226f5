//! What must hold by construction for the default model's head: global average pool, then one linear layer.

mod support;

use gradcam::cam::{Method, map};
use gradcam::cpu::CpuEngine;
use gradcam::engine::{Engine, EngineError, FeatureMaps, class_cotangent};
use gradcam::explain::{Explainer, Question, check_completeness};
use gradcam::network::{LinearHead, NodeId};
use support::files::{default_network, fixture};
use support::parity::relative_l2;
use support::random;
use support::reference::Reference;

/// The engine after a forward of the dahlia, and its logits.
async fn dahlia() -> (CpuEngine, Vec<f32>) {
    let bytes = fixture("references/dahlia.safetensors");
    let mut engine = CpuEngine::new(default_network()).expect("an engine");
    let logits = engine.forward(&Reference::new(&bytes).input()).await.expect("a forward");
    (engine, logits)
}

async fn at_the_head(engine: &mut CpuEngine, class: usize) -> (LinearHead, FeatureMaps, FeatureMaps) {
    let head = engine.network().linear_head().expect("a linear head");
    let cotangent = class_cotangent(engine.network().classes(), class);
    let activation = engine.activation(head.layer.node).await.expect("an activation");
    let gradient = engine.gradient(&cotangent, head.layer.node).await.expect("a gradient");
    (head, activation, gradient)
}

#[test]
fn the_gradient_at_the_last_layer_is_a_row_of_the_weights() {
    pollster::block_on(async {
        let (mut engine, _) = dahlia().await;
        for class in [0, 46, 59, 101] {
            let (head, _, gradient) = at_the_head(&mut engine, class).await;
            assert_eq!(head.layer.name, "layer4.1");
            let row = &head.linear.weight[class * head.shape.channels..][..head.shape.channels];
            for (channel, weight) in gradient.channels().zip(row) {
                for value in channel {
                    assert!((value - weight / 49.0).abs() <= 1e-6 * weight.abs());
                }
            }
        }
    });
}

#[test]
fn methods_coincide_at_the_last_layer() {
    pollster::block_on(async {
        let (mut engine, _) = dahlia().await;
        let (head, activation, gradient) = at_the_head(&mut engine, 46).await;
        let grad_cam = map(Method::GradCam, &activation, &gradient).values;
        let row = &head.linear.weight[46 * head.shape.channels..][..head.shape.channels];
        let cam: Vec<f64> = (0..head.shape.area())
            .map(|cell| {
                let terms = activation.channels().zip(row).map(|(a, &w)| f64::from(a[cell]) * f64::from(w));
                terms.sum::<f64>() / head.shape.area() as f64
            })
            .collect();
        assert!(relative_l2(&grad_cam, &cam) < 1e-5, "CAM / (H·W)");
        for method in [Method::HiResCam, Method::XGradCam] {
            let other = map(method, &activation, &gradient).values;
            assert!(relative_l2(&other, &grad_cam) < 1e-5, "{method:?}");
        }
        let layer_cam = map(Method::LayerCam, &activation, &gradient).values;
        let positive: Vec<f64> = (0..head.shape.area())
            .map(|cell| {
                let terms =
                    activation.channels().zip(row).map(|(a, &w)| f64::from(a[cell]) * f64::from(w.max(0.0)));
                terms.sum::<f64>() / head.shape.area() as f64
            })
            .collect();
        assert!(relative_l2(&layer_cam, &positive) < 1e-5, "LayerCAM");
    });
}

#[test]
fn hires_cam_and_the_bias_sum_to_the_logit() {
    pollster::block_on(async {
        let (mut engine, logits) = dahlia().await;
        for class in 0..logits.len() {
            let check = check_completeness(&mut engine, &logits, class).await.expect("gradients");
            let check = check.expect("a linear head");
            assert!(check.residual().abs() < 1e-4, "class {class}: {check:?}");
        }
    });
}

/// The cotangent is a vector over the logits: gradients are linear in it, in whatever order they are asked for.
#[test]
fn gradients_are_linear_in_the_cotangent_and_need_no_order() {
    pollster::block_on(async {
        let (mut engine, logits) = dahlia().await;
        let classes = logits.len();
        let layers = engine.network().layers().to_vec();
        let (deep, shallow) = (layers[8].node, layers[2].node);
        let (predicted, expected) = (class_cotangent(classes, 46), class_cotangent(classes, 59));
        let margin: Vec<f32> = predicted.iter().zip(&expected).map(|(p, t)| p - t).collect();
        for node in [shallow, deep, NodeId::INPUT, shallow] {
            let of_margin = engine.gradient(&margin, node).await.expect("a gradient").values;
            let of_predicted = engine.gradient(&predicted, node).await.expect("a gradient").values;
            let of_expected = engine.gradient(&expected, node).await.expect("a gradient").values;
            let difference: Vec<f32> = of_predicted.iter().zip(&of_expected).map(|(p, t)| p - t).collect();
            assert!(relative_l2(&of_margin, &difference) < 1e-5);
        }
    });
}

#[test]
fn questions_that_make_no_sense_are_refused() {
    pollster::block_on(async {
        let mut engine = CpuEngine::new(default_network()).expect("an engine");
        let classes = engine.network().classes();
        let layer = engine.network().layers()[0].node;
        let logits_node = engine.network().logits();
        let cotangent = random::signed("seed", classes);
        assert_eq!(engine.gradient(&cotangent, layer).await, Err(EngineError::NoForward));
        assert_eq!(engine.activation(layer).await, Err(EngineError::NoForward));
        let short = EngineError::Length { what: "input", found: 3, expected: 3 * 224 * 224 };
        assert_eq!(engine.forward(&[0.0; 3]).await, Err(short));
        engine.forward(&vec![0.5; 3 * 224 * 224]).await.expect("a forward");
        let short = EngineError::Length { what: "cotangent", found: 1, expected: classes };
        assert_eq!(engine.gradient(&[1.0], layer).await, Err(short));
        let node = logits_node.index();
        assert_eq!(engine.gradient(&cotangent, logits_node).await, Err(EngineError::NotALayer { node }));
        let huge = vec![f32::MAX; 3 * 224 * 224];
        assert_eq!(engine.forward(&huge).await, Err(EngineError::NotFinite));
        assert_eq!(engine.activation(layer).await, Err(EngineError::NoForward));
    });
}

/// All classes' maps from one product are those that a backward pass for each class gives.
#[test]
fn class_maps_need_no_backward_pass() {
    pollster::block_on(async {
        let (engine, _) = dahlia().await;
        let mut explainer = Explainer::new(engine);
        let bytes = fixture("references/dahlia.safetensors");
        explainer.forward(&Reference::new(&bytes).input()).await.expect("a forward");
        let maps = explainer.class_maps().await.expect("maps").expect("a linear head");
        assert_eq!(maps.len(), explainer.network().classes());
        for (class, found) in maps.iter().enumerate() {
            let question = Question { target: Some(class), ..Question::default() };
            let expected = explainer.explain(&question).await.expect("an explanation").map;
            assert_eq!((found.width, found.height), (expected.width, expected.height));
            assert!(relative_l2(&found.values, &expected.values) < 1e-5, "class {class}");
        }
    });
}
