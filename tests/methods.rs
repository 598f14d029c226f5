//! Every method as users ask for it, by what must hold of its maps.

mod support;

use gradcam::cam;
use gradcam::cpu::CpuEngine;
use gradcam::engine::{Engine, class_cotangent};
use gradcam::explain::{ExplainError, Explainer, Explanation, Method, Misfit, Question, Steps, finer};
use gradcam::network::{
    Convolution, GlobalAveragePool, Linear, MapShape, Network, NetworkBuilder, NodeId, Operation, Window,
};
use pollster::block_on;
use std::sync::Arc;
use support::files::{default_network, file, fixture};
use support::parity::relative_l2;
use support::random::signed;
use support::reference::Reference;
use support::reference_engine::ReferenceEngine;
use support::toy;

const GRAD_CAM: Method = Method::Cam(cam::Method::GradCam);

/// Methods that take many steps.
const LONG: [Method; 3] = [Method::AblationCam, Method::SmoothGrad, Method::IntegratedGradients];

async fn with_photo(network: Network, input: &[f32]) -> Explainer<CpuEngine> {
    let mut explainer = Explainer::new(CpuEngine::new(network).expect("an engine"));
    explainer.forward(input).await.expect("a forward");
    explainer
}

/// A small network with a photo.
async fn small(network: Network) -> Explainer<CpuEngine> {
    let input = signed("photo", network.input_shape().len());
    with_photo(network, &input).await
}

/// The default network with a photo, and the classes of its reference.
async fn real(photo: &str) -> (Explainer<CpuEngine>, Vec<usize>) {
    let bytes = fixture(&format!("references/{photo}.safetensors"));
    let reference = Reference::new(&bytes);
    (with_photo(default_network(), &reference.input()).await, reference.classes().to_vec())
}

fn question(method: Method, layer: &str, target: usize) -> Question {
    Question { layer: Some(layer.to_string()), method, target: Some(target) }
}

async fn explain(explainer: &mut Explainer<CpuEngine>, method: Method, layer: &str, target: usize) -> Explanation {
    explainer.explain(&question(method, layer, target)).await.expect("an explanation")
}

#[test]
fn methods_are_found_by_name() {
    let types = String::from_utf8(file("www/gradcam.d.ts")).expect("text");
    let error = "Grad-CAM".parse::<Method>().expect_err("another spelling").to_string();
    assert!(error.contains("“Grad-CAM”"), "{error}");
    for method in Method::ALL {
        assert_eq!(method.name().parse(), Ok(method));
        assert!(error.contains(method.name()), "{error}");
        assert!(types.contains(&format!("| '{}'", method.name())), "{} is no Method of the types", method.name());
        assert!(types.contains(&format!("'{}'", method.unit().name())), "nor its Unit");
    }
    assert_eq!(Question::default().method, GRAD_CAM);
}

#[test]
fn maps_have_the_cells_of_their_layer_or_the_pixels_of_the_input() {
    block_on(async {
        let mut explainer = small(toy::network()).await;
        for method in Method::ALL {
            let found = explain(&mut explainer, method, "pool", 2).await;
            let network = explainer.network();
            let node = network.layer("pool").expect("such a layer").node;
            let shape = if method.has_cells() { network.map_shape(node) } else { network.input_shape() };
            assert_eq!((found.map.width, found.map.height), (shape.width, shape.height), "{}", method.name());
            let sees = method.has_cells() || method == Method::GuidedGradCam;
            assert_eq!(found.layer, if sees { "pool" } else { "small" }, "{}", method.name());
            assert_eq!((found.method, found.target.index), (method, 2));
            assert_eq!(found.references.len(), if method == Method::FinerCam { 3 } else { 0 });
            assert_eq!(found.completeness.is_some(), method == Method::IntegratedGradients);
            let error = explainer.explain(&question(method, "layer9", 2)).await.expect_err("no such layer");
            assert_eq!(error.code(), "unknown-layer");
        }
    });
}

#[test]
fn methods_that_are_the_same_have_the_same_map() {
    block_on(async {
        let mut explainer = small(toy::pooled_network()).await;
        for layer in ["first", "second"] {
            let mut maps = Vec::new();
            for method in Method::ALL.into_iter().filter(|method| method.has_cells()) {
                maps.push(explain(&mut explainer, method, layer, 1).await);
            }
            for one in &maps {
                for other in maps.iter().filter(|other| other.method != one.method) {
                    let equal = relative_l2(&one.map.values, &other.map.values) < 1e-5;
                    let names = (layer, one.method.name(), other.method.name());
                    assert_eq!(one.same_as.contains(&other.method), equal, "{names:?}");
                }
            }
        }
    });
}

#[test]
fn finer_cam_without_the_others_is_grad_cam() {
    let logits = [1.0, 5.0, 4.0, 0.5, 4.5, -2.0];
    let references = finer::references(&logits, 2);
    // Logits 4.5, 5 and 1 are closest to 4.
    assert_eq!(references, [4, 1, 0]);
    assert_eq!(finer::references(&[3.0, 4.0, 5.0, 2.0, 6.0], 1), [2, 0, 4], "of equals the one above");
    assert_eq!(finer::cotangent(&logits, 2, &references, 0.0), class_cotangent(6, 2));
    let cotangent = finer::cotangent(&logits, 2, &references, 0.6);
    let exponentials = [4.5_f64, 5.0, 1.0].map(f64::exp);
    for (&class, exponential) in references.iter().zip(exponentials) {
        let weight = exponential / exponentials.iter().sum::<f64>();
        assert!((f64::from(cotangent[class]) + 0.6 * weight).abs() < 1e-6);
    }
    assert_eq!((cotangent[2], cotangent[3], cotangent[5]), (1.0, 0.0, 0.0));
    assert_eq!(finer::cotangent(&[7.0], 0, &[], 0.6), [1.0], "a single class");
}

/// Grad-CAM is linear in the cotangent, so that Finer-CAM's map is a sum of Grad-CAM's.
#[test]
fn finer_cam_takes_similar_classes_away() {
    block_on(async {
        let mut explainer = small(toy::network()).await;
        for layer in ["stem", "small"] {
            let finer = explain(&mut explainer, Method::FinerCam, layer, 4).await;
            let mut expected: Vec<f64> = vec![0.0; finer.map.values.len()];
            let total: f64 = finer.references.iter().map(|class| class.probability).sum();
            let mut add = async |class: usize, weight: f64| {
                let map = explain(&mut explainer, GRAD_CAM, layer, class).await.map;
                for (sum, &value) in expected.iter_mut().zip(&map.values) {
                    *sum += weight * f64::from(value);
                }
            };
            add(4, 1.0).await;
            for class in &finer.references {
                add(class.index, -f64::from(finer::GAMMA) * class.probability / total).await;
            }
            assert!(relative_l2(&finer.map.values, &expected) < 1e-5, "{layer}");
        }
    });
}

/// The map whose weights are measured by an engine of definitions, one feature map after the other.
fn ablated(network: &Network, input: &[f32], layer: &str, class: usize) -> Vec<f32> {
    let mut engine = ReferenceEngine::new(network.clone());
    let node = network.layer(layer).expect("such a layer").node;
    block_on(async {
        let logit = f64::from(engine.forward(input).await.expect("a forward")[class]);
        let activation = engine.activation(node).await.expect("an activation");
        let area = activation.shape.area();
        let mut sums = vec![0.0; area];
        for (index, channel) in activation.channels().enumerate() {
            let mut without = activation.values.clone();
            without[index * area..][..area].fill(0.0);
            let logits = engine.forward_from(node, &without).await.expect("a forward");
            for (sum, &value) in sums.iter_mut().zip(channel) {
                *sum += (logit - f64::from(logits[class])) / logit * f64::from(value);
            }
        }
        sums.into_iter().map(|sum: f64| sum as f32).collect()
    })
}

#[test]
fn ablation_cam_weighs_by_what_the_logit_loses() {
    block_on(async {
        for network in [toy::network(), toy::pooled_network()] {
            let input = signed("photo", network.input_shape().len());
            let mut explainer = with_photo(network.clone(), &input).await;
            for layer in network.layers() {
                let found = explain(&mut explainer, Method::AblationCam, &layer.name, 1).await.map.values;
                let expected = ablated(&network, &input, &layer.name, 1);
                assert!(relative_l2(&found, &expected) < 1e-4, "{}", layer.name);
            }
        }
    });
}

/// At the last layer of the default network the weights come from its last weights; here from forwards.
#[test]
fn ablation_cam_at_the_last_layer_needs_no_forward() {
    block_on(async {
        let (mut explainer, classes) = real("dahlia").await;
        let mut steps = 0;
        let asked = question(Method::AblationCam, "layer4.1", classes[0]);
        let progress = async |_| {
            steps += 1;
            true
        };
        let found = explainer.explain_with_progress(&asked, progress).await.expect("an explanation");
        assert_eq!(steps, 0);
        let node = explainer.network().default_layer().expect("a last layer").node;
        let engine = explainer.engine_mut();
        let activation = engine.activation(node).await.expect("an activation");
        let area = activation.shape.area();
        let mut weights = Vec::new();
        for channel in 0..activation.shape.channels {
            let mut without = activation.values.clone();
            without[channel * area..][..area].fill(0.0);
            let logits = engine.forward_from(node, &without).await.expect("a forward");
            weights.push(cam::ablation_weight(found.target.logit, logits[classes[0]]));
        }
        let expected = cam::weighted(&activation, weights);
        assert!(relative_l2(&found.map.values, &expected.values) < 1e-4);
    });
}

#[test]
fn eigen_cam_knows_no_class() {
    block_on(async {
        let mut explainer = small(toy::network()).await;
        let one = explain(&mut explainer, Method::EigenCam, "bottleneck", 0).await.map;
        assert_eq!(explain(&mut explainer, Method::EigenCam, "bottleneck", 5).await.map, one);
        let node = explainer.network().layer("bottleneck").expect("such a layer").node;
        let activation = explainer.engine_mut().activation(node).await.expect("an activation");
        assert_eq!(cam::eigen_cam(&activation), one);
    });
}

/// The stages of a ResNet, without their names: its stem and its pool are none.
#[test]
fn the_last_layers_of_all_stages_are_fused() {
    block_on(async {
        let (mut explainer, classes) = real("ladybird").await;
        let mut maps = Vec::new();
        for layer in ["layer1.1", "layer2.1", "layer3.1", "layer4.1"] {
            maps.push(explain(&mut explainer, Method::Cam(cam::Method::LayerCam), layer, classes[0]).await.map);
        }
        let found = explain(&mut explainer, Method::LayerCamFused, "stem", classes[0]).await.map;
        assert_eq!(found, cam::fuse(&maps, 224, 224));
        assert!(found.minimum() >= 0.0 && found.maximum() <= 1.0 && found.maximum() > 0.9);
    });
}

#[test]
fn gradients_at_the_input_are_the_engines() {
    block_on(async {
        let mut explainer = small(toy::network()).await;
        let cotangent = class_cotangent(6, 3);
        let gradient = explainer.engine_mut().gradient(&cotangent, NodeId::INPUT).await.expect("a gradient");
        let guided = explainer.engine_mut().guided_gradient(&cotangent).await.expect("a guided gradient");
        let plain = explain(&mut explainer, Method::InputGradient, "pool", 3).await.map;
        assert_eq!(plain, cam::largest_magnitude(&gradient));
        let guided_map = explain(&mut explainer, Method::GuidedBackprop, "pool", 3).await.map;
        assert_eq!(guided_map, cam::largest_magnitude(&guided));
        assert!(relative_l2(&guided_map.values, &plain.values) > 0.1, "another rule");
        let grad_cam = explain(&mut explainer, GRAD_CAM, "pool", 3).await.map;
        let product = explain(&mut explainer, Method::GuidedGradCam, "pool", 3).await.map;
        assert_eq!(product, cam::guided_grad_cam(&grad_cam, &guided_map));
        assert_eq!(product.maximum(), 1.0);
    });
}

/// The noise is a share of the photo's range, and a photo of one value has none.
#[test]
fn smooth_grad_without_noise_is_the_input_gradient() {
    block_on(async {
        let network = toy::network();
        let even = vec![0.5; network.input_shape().len()];
        let mut explainer = with_photo(network, &even).await;
        let plain = explain(&mut explainer, Method::InputGradient, "pool", 3).await.map;
        assert_eq!(explain(&mut explainer, Method::SmoothGrad, "pool", 3).await.map, plain);

        let mut explainer = small(toy::network()).await;
        let plain = explain(&mut explainer, Method::InputGradient, "pool", 3).await.map;
        let smooth = explain(&mut explainer, Method::SmoothGrad, "pool", 3).await.map;
        assert!(relative_l2(&smooth.values, &plain.values) > 0.1, "noise");
        assert_eq!(explain(&mut explainer, Method::SmoothGrad, "pool", 3).await.map, smooth, "the same noise");
    });
}

/// The map sums to what the photo changes in the logit.
async fn integrated_gradients_are_complete(explainer: &mut Explainer<CpuEngine>, class: usize) {
    let question = Question { method: Method::IntegratedGradients, target: Some(class), ..Question::default() };
    let found = explainer.explain(&question).await.expect("an explanation");
    let none = vec![0.0; explainer.network().input_shape().len()];
    let baseline = explainer.logits_of(&none).await.expect("a forward")[class];
    let difference = f64::from(found.target.logit) - f64::from(baseline);
    let completeness = found.completeness.expect("of integrated gradients");
    assert_eq!((completeness.steps, completeness.sum), (64, found.map.sum()));
    assert!((completeness.difference - difference).abs() < 1e-5 * difference.abs());
    let gap = (found.map.sum() - difference) / difference;
    println!("{class}: {completeness:?}, {:.3} % off", gap * 100.0);
    assert!(gap.abs() < 0.01, "{completeness:?}");
}

#[test]
fn integrated_gradients_are_complete_for_a_small_network() {
    block_on(async {
        let mut explainer = small(toy::network()).await;
        for class in 0..6 {
            integrated_gradients_are_complete(&mut explainer, class).await;
        }
    });
}

/// A photo takes many seconds: each is a test of its own, so that they share the cores.
fn integrated_gradients_are_complete_for(photo: &str) {
    block_on(async {
        let (mut explainer, classes) = real(photo).await;
        integrated_gradients_are_complete(&mut explainer, classes[0]).await;
    });
}

#[test]
fn integrated_gradients_are_complete_for_the_dahlia() {
    integrated_gradients_are_complete_for("dahlia");
}

#[test]
fn integrated_gradients_are_complete_for_the_cat() {
    integrated_gradients_are_complete_for("cat");
}

#[test]
fn integrated_gradients_are_complete_for_the_marigold() {
    integrated_gradients_are_complete_for("marigold");
}

#[test]
fn integrated_gradients_are_complete_for_the_yellow_daisy() {
    integrated_gradients_are_complete_for("yellow-daisy");
}

#[test]
fn integrated_gradients_are_complete_for_the_ladybird() {
    integrated_gradients_are_complete_for("ladybird");
}

#[test]
fn all_layers_at_once_are_each_layer_by_itself() {
    block_on(async {
        let mut explainers = vec![small(toy::network()).await, small(toy::pooled_network()).await];
        let (real, _) = real("cat").await;
        explainers.push(real);
        for (index, mut explainer) in explainers.into_iter().enumerate() {
            let layers = explainer.network().layers().to_vec();
            for method in Method::ALL {
                // The real network is slow: one method will do.
                if index == 2 && method != GRAD_CAM {
                    continue;
                }
                let strip = explainer.layer_maps(method, Some(2)).await;
                if !method.traits().has_layer_maps {
                    let error = strip.expect_err("not for all layers");
                    assert_eq!(error, ExplainError::NotForAllLayers { method: method.name() });
                    continue;
                }
                let strip = strip.expect("maps");
                assert_eq!((strip.target.index, strip.maps.len()), (2, layers.len()));
                for (found, layer) in strip.maps.iter().zip(&layers) {
                    let expected = explain(&mut explainer, method, &layer.name, 2).await;
                    assert_eq!((&found.layer, &found.map), (&layer.name, &expected.map), "{}", method.name());
                }
            }
            let best = explainer.explain(&Question::default()).await.expect("an explanation").target;
            assert_eq!(explainer.layer_maps(GRAD_CAM, None).await.expect("maps").target, best);
        }
    });
}

#[test]
fn long_methods_report_every_step() {
    block_on(async {
        let mut explainer = small(toy::network()).await;
        for method in Method::ALL {
            let mut reported = Vec::new();
            let progress = async |steps| {
                reported.push(steps);
                true
            };
            explainer.explain_with_progress(&question(method, "pool", 1), progress).await.expect("an explanation");
            let total = reported.last().map_or(0, |steps: &Steps| steps.total);
            let expected: Vec<Steps> = (1..=total).map(|done| Steps { done, total }).collect();
            assert_eq!(reported, expected, "{}", method.name());
            assert_eq!(total > 1, LONG.contains(&method), "{}", method.name());
            // Ablation takes a pass for each feature map of its layer.
            let passes = method.traits().passes.unwrap_or(6);
            assert_eq!(total, passes, "{}", method.name());
        }
    });
}

/// Whether a long method is stopped or comes to its end, the next answer is about the photo again.
#[test]
fn what_a_long_method_runs_does_not_show_in_the_next_answer() {
    block_on(async {
        let expected = explain(&mut small(toy::network()).await, GRAD_CAM, "stem", 1).await.map;
        let mut explainer = small(toy::network()).await;
        for method in LONG {
            for stop_after in [1, 3, usize::MAX] {
                let progress = async |steps: Steps| steps.done < stop_after;
                let answer = explainer.explain_with_progress(&question(method, "pool", 1), progress).await;
                match answer {
                    Err(error) => assert_eq!((error, stop_after < 4), (ExplainError::Stopped, true)),
                    Ok(_) => assert_eq!(stop_after, usize::MAX),
                }
                assert_eq!(explain(&mut explainer, GRAD_CAM, "stem", 1).await.map, expected, "{}", method.name());
            }
        }
    });
}

/// A convolution without a ReLU, and one stage.
fn network_without_relu() -> Network {
    let mut builder = NetworkBuilder::new(MapShape::new(1, 8, 8));
    let mut push =
        |name: &str, operation: Operation, input: NodeId| builder.push(name, operation, &[input]).expect(name);
    let convolution = Convolution {
        weight: Arc::new(vec![1.0; 2 * 9]),
        bias: Arc::new(vec![0.0; 2]),
        window: Window::square(3, 1, 1),
        groups: 1,
    };
    let first = push("first", convolution.into(), NodeId::INPUT);
    let pooled = push("mean", GlobalAveragePool.into(), first);
    let weight = Arc::new(vec![1.0, -1.0, 0.5, 2.0]);
    let logits = push("fc", Linear { weight, bias: Arc::new(vec![0.0; 2]) }.into(), pooled);
    builder.finish("no ReLU", logits).expect("a network")
}

#[test]
fn methods_that_say_nothing_about_a_network_are_refused_with_a_reason() {
    block_on(async {
        let network = network_without_relu();
        let mut explainer = small(network.clone()).await;
        for method in Method::ALL {
            let expected = match method {
                Method::GuidedBackprop | Method::GuidedGradCam => Err(Misfit::NoRelu),
                Method::LayerCamFused => Err(Misfit::OneStage),
                _ => Ok(()),
            };
            assert_eq!(method.fits(&network), expected, "{}", method.name());
            let answer = explainer.explain(&question(method, "first", 1)).await;
            match expected {
                Ok(()) => assert!(answer.is_ok(), "{}", method.name()),
                Err(reason) => {
                    let error = answer.expect_err("a method that does not fit");
                    assert_eq!(error, ExplainError::DoesNotFit { method: method.name(), reason });
                    assert!(error.to_string().starts_with("This network has"), "{error}");
                }
            }
            assert_eq!(method.fits(&toy::network()), Ok(()), "{}", method.name());
        }
    });
}
