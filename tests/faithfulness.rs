//! Whether maps can be trusted: curves that are known by hand, and scrambled weights that leave nothing behind.

mod support;

use gradcam::cam::Map;
use gradcam::cpu::CpuEngine;
use gradcam::engine::{Engine, EngineError};
use gradcam::explain::{ExplainError, Explainer, Method, Question};
use gradcam::faithfulness::{
    Curve, CurveKind, CurvePoint, RandomisationStep, Ranking, area, average_drop, curves, randomise,
};
use gradcam::network::{
    Activation, Convolution, GlobalAveragePool, Linear, MapShape, Network, NetworkBuilder, NodeId, Operation,
    Window,
};
use pollster::block_on;
use std::sync::Arc;
use support::files::{default_network, fixture};
use support::random::signed;
use support::reference::Reference;
use support::toy;

/// Its first logit is the sum of the photo's pixels that are above zero, its second is 0.
fn summing_network(side: usize) -> Network {
    let mut builder = NetworkBuilder::new(MapShape::new(1, side, side));
    let mut push =
        |name: &str, operation: Operation, input: NodeId| builder.push(name, operation, &[input]).expect(name);
    let copy = Convolution {
        weight: Arc::new(vec![1.0]),
        bias: Arc::new(vec![0.0]),
        window: Window::square(1, 1, 0),
        groups: 1,
    };
    let copy = push("copy/convolution", copy.into(), NodeId::INPUT);
    let copy = push("copy/relu", Activation::Relu.into(), copy);
    let mean = push("mean", GlobalAveragePool.into(), copy);
    let weight = Arc::new(vec![(side * side) as f32, 0.0]);
    let logits = push("fc", Linear { weight, bias: Arc::new(vec![0.0, 0.0]) }.into(), mean);
    builder.finish("sum", logits).expect("a network")
}

fn explainer(network: Network, input: &[f32]) -> Explainer<CpuEngine> {
    let mut explainer = Explainer::new(CpuEngine::new(network).expect("an engine"));
    block_on(explainer.forward(input)).expect("a forward");
    explainer
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() < 1e-6, "{index}: {found} {expected}");
    }
}

#[test]
fn curves_of_a_sum() {
    let photo = [4.0, 2.0, 1.0, 0.0];
    let map = Map { width: 2, height: 2, values: vec![0.4, 0.2, 0.1, 0.0] };
    let mut explainer = explainer(summing_network(2), &photo);
    let mut seen: Vec<CurvePoint> = Vec::new();
    let watch = async |point: CurvePoint| {
        seen.push(point);
        true
    };
    let found = block_on(curves(&mut explainer, &map, 0, 4, watch)).expect("curves");
    let of = |kind: CurveKind, ranking: Ranking| -> &Curve {
        found.iter().find(|curve| curve.kind == kind && curve.ranking == ranking).expect("a curve")
    };
    // One pixel after the other vanishes, the strongest first: the sums are known.
    let deletion = of(CurveKind::Deletion, Ranking::Map);
    let expected = [7.0, 3.0, 1.0, 0.0, 0.0].map(sigmoid);
    assert_close(&deletion.probabilities, &expected);
    assert!((deletion.area - area(&expected)).abs() < 1e-6);
    // Of a pixel's blur in a row of two, 0.0939821 stays and 0.0934894 goes next to it; what goes farther is lost.
    let insertion = of(CurveKind::Insertion, Ranking::Map);
    assert!((insertion.probabilities[4] - sigmoid(7.0)).abs() < 1e-6);
    let kept = (0.093_982_1_f64 + 0.093_489_4).powi(2);
    assert!((insertion.probabilities[0] - sigmoid(7.0 * kept)).abs() < 1e-5, "{insertion:?}");
    for ranking in Ranking::ALL {
        for kind in CurveKind::ALL {
            let ends = |curve: &Curve| (curve.probabilities[0], curve.probabilities[4]);
            assert_eq!(ends(of(kind, ranking)), ends(of(kind, Ranking::Map)), "the same ends");
            // What was told on the way is what came out.
            let told: Vec<f64> = seen
                .iter()
                .filter(|point| point.kind == kind && point.ranking == ranking)
                .map(|point| point.probability)
                .collect();
            assert_eq!(told, of(kind, ranking).probabilities);
        }
    }
    assert_eq!(seen.len(), 30);
    assert!(seen.iter().enumerate().all(|(index, point)| point.done == index + 1 && point.total == 30));
    assert!(seen[..10].iter().all(|point| point.ranking == Ranking::Map), "the map's own come first");
    let shares: Vec<f64> = seen.iter().step_by(2).take(5).map(|point| point.share).collect();
    assert_close(&shares, &[0.0, 0.25, 0.5, 0.75, 1.0]);
}

#[test]
fn the_average_drop_of_a_sum() {
    let photo = [4.0, 2.0, 1.0, 0.0];
    let mut explainer = explainer(summing_network(2), &photo);
    let mut drop = |values: [f32; 4]| {
        let map = Map { width: 2, height: 2, values: values.to_vec() };
        block_on(average_drop(&mut explainer, &map, 0)).expect("an average drop")
    };
    let lost = |left: f64| (sigmoid(7.0) - sigmoid(left)) / sigmoid(7.0);
    assert!(drop([3.0; 4]).abs() < 1e-9, "an even map keeps everything");
    // Weights 1, 0.5, 0.25 and 0 after ReLU.
    assert!((drop([8.0, 4.0, 2.0, -8.0]) - lost(5.25)).abs() < 1e-6);
    assert!((drop([-1.0; 4]) - lost(0.0)).abs() < 1e-6, "a blank map keeps nothing");
}

/// Where every sum comes to rest, whatever was asked in between.
fn assert_restored(explainer: &mut Explainer<CpuEngine>, trained: &Network, input: &[f32]) {
    let mut fresh = CpuEngine::new(trained.clone()).expect("an engine");
    let expected = block_on(fresh.forward(input)).expect("a forward");
    let question = Question::default();
    let found = block_on(explainer.explain(&question)).expect("an explanation");
    assert_eq!(explainer.photo().expect("a photo").1, expected);
    let mut other = Explainer::new(fresh);
    block_on(other.forward(input)).expect("a forward");
    assert_eq!(found.map, block_on(other.explain(&question)).expect("an explanation").map);
}

#[test]
fn stopping_at_any_point_loses_nothing() {
    let network = toy::pooled_network();
    let input = signed("photo", network.input_shape().len());
    let mut explainer = explainer(network.clone(), &input);
    let map = block_on(explainer.explain(&Question::default())).expect("an explanation").map;
    for last in 1..=12 {
        let mut told = 0;
        let watch = async |_: CurvePoint| {
            told += 1;
            told < last
        };
        let stopped = block_on(curves(&mut explainer, &map, 0, 3, watch));
        assert_eq!(stopped.unwrap_err(), ExplainError::Stopped);
        assert_eq!(told, last);
        assert_restored(&mut explainer, &network, &input);
    }
    for last in 1..=3 {
        let watch = async |step: Option<&RandomisationStep>| step.is_none_or(|step| step.done < last);
        let stopped = block_on(randomise(&mut explainer, &Question::default(), watch));
        assert_eq!(stopped.unwrap_err(), ExplainError::Stopped);
        assert_restored(&mut explainer, &network, &input);
    }
}

/// A method of many steps is stopped within its steps, while the weights are scrambled as well.
#[test]
fn stopping_within_a_step_loses_nothing() {
    let network = toy::pooled_network();
    let input = signed("photo", network.input_shape().len());
    let mut explainer = explainer(network.clone(), &input);
    let question = Question { method: Method::SmoothGrad, ..Question::default() };
    // The first 25 are of the trained weights, the next of those behind the last layer.
    for last in [3, 30] {
        let mut asked = 0;
        let watch = async |step: Option<&RandomisationStep>| {
            asked += usize::from(step.is_none());
            asked < last
        };
        let stopped = block_on(randomise(&mut explainer, &question, watch));
        assert_eq!(stopped.unwrap_err(), ExplainError::Stopped);
        assert_eq!(asked, last);
        assert_restored(&mut explainer, &network, &input);
    }
}

#[test]
fn a_failure_while_the_weights_are_scrambled_loses_nothing() {
    let network = toy::pooled_network();
    let input = signed("photo", network.input_shape().len());
    let mut explainer = explainer(network.clone(), &input);
    let question = Question { layer: Some("nowhere".to_string()), ..Question::default() };
    let failed = block_on(randomise(&mut explainer, &question, async |_: Option<&RandomisationStep>| true));
    assert!(matches!(failed, Err(ExplainError::UnknownLayer { .. })));
    assert_restored(&mut explainer, &network, &input);
    let mut fresh = Explainer::new(CpuEngine::new(network).expect("an engine"));
    let early = block_on(randomise(&mut fresh, &Question::default(), async |_: Option<&RandomisationStep>| true));
    assert_eq!(early.unwrap_err(), ExplainError::Engine(EngineError::NoForward));
}

/// On every reference photo the order of the places falls apart once what the network has learnt does.
#[test]
fn scrambled_weights_change_grad_cam() {
    let network = default_network();
    let mut explainer = Explainer::new(CpuEngine::new(network.clone()).expect("an engine"));
    for photo in ["dahlia", "cat", "marigold", "yellow-daisy", "ladybird"] {
        let bytes = fixture(&format!("references/{photo}.safetensors"));
        let reference = Reference::new(&bytes);
        let input = reference.input();
        let logits = block_on(explainer.forward(&input)).expect("a forward").to_vec();
        let steps =
            block_on(randomise(&mut explainer, &Question::default(), async |_: Option<&RandomisationStep>| true));
        let steps = steps.expect("every step");
        let layers: Vec<&str> = steps.iter().map(|step| step.layer.as_str()).collect();
        let expected = "fc layer4.1 layer4.0 layer3.1 layer3.0 layer2.1 layer2.0 layer1.1 layer1.0 stem";
        assert_eq!(layers.join(" "), expected);
        let correlations: Vec<f64> = steps.iter().map(|step| step.correlation).collect();
        println!("{photo}: {}", correlations.iter().map(|value| format!("{value:.2} ")).collect::<String>());
        // Other shuffles leave between −0.98 and 0.43: what is left is that places with strong activations stay strong, or
        // become the weakest.
        assert!(correlations.iter().all(|&correlation| correlation < 0.5), "{photo}: {correlations:?}");
        for step in &steps {
            assert_eq!(step.explanation.target.index, reference.classes()[0], "the class stays");
        }
        assert_eq!(explainer.photo().expect("a photo").1, logits);
    }
    let input = signed("photo", network.input_shape().len());
    block_on(explainer.forward(&input)).expect("a forward");
    assert_restored(&mut explainer, &network, &input);
}
