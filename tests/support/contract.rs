//! What every engine must do beyond forwards and gradients: the guided way back, going on from a layer, other weights.

use super::parity::relative_l2;
use super::random::signed;
use super::reference_engine::ReferenceEngine;
use super::{backward, toy};
use gradcam::engine::{Engine, EngineError, FeatureMaps, class_cotangent};
use gradcam::network::{Network, NodeId};

/// Relative L2: rounding, on networks of a few layers.
const BOUND: f64 = 1e-5;

/// Everything. `make` prepares an engine for a network.
pub async fn check<E: Engine>(make: impl AsyncFn(Network) -> E) {
    for network in [toy::network(), toy::pooled_network(), toy::graph()] {
        let mut engine = make(network.clone()).await;
        guided_gradients(&mut engine).await;
        going_on(&mut engine).await;
        mistakes(&mut engine).await;
        other_parameters(&mut engine, &make).await;
    }
}

/// The output of every node that an engine keeps.
async fn outputs<E: Engine>(engine: &mut E) -> Vec<Vec<f32>> {
    super::outputs::kept(engine).await.expect("activations")
}

fn assert_close<A: Copy + Into<f64>>(found: &[f32], expected: &[A], what: &str) {
    let error = relative_l2(found, expected);
    assert!(error < BOUND, "{what}: {error:e}");
}

/// Before, between and after ordinary gradients, of the same cotangent and of another.
async fn guided_gradients<E: Engine>(engine: &mut E) {
    let network = engine.network().clone();
    engine.forward(&signed("photo", network.input_shape().len())).await.expect("a forward");
    let outputs = outputs(engine).await;
    for cotangent in [class_cotangent(network.classes(), 1), signed("seed", network.classes())] {
        let gradients = backward::gradients(&network, &outputs, &cotangent);
        let guided = backward::guided(&network, &outputs, &cotangent);
        assert!(relative_l2(&guided[0], &gradients[0]) > 0.1, "two different things");
        for layer in network.layers().iter().rev() {
            let found = engine.guided_gradient(&cotangent).await.expect("a guided gradient");
            assert_eq!(found.shape, network.input_shape());
            assert_close(&found.values, &guided[0], "guided gradient");
            let found = engine.gradient(&cotangent, layer.node).await.expect("a gradient");
            assert_close(&found.values, &gradients[layer.node.index()], &layer.name);
        }
        let found = engine.gradient(&cotangent, NodeId::INPUT).await.expect("a gradient");
        assert_close(&found.values, &gradients[0], "the input");
        let found = engine.guided_gradient(&cotangent).await.expect("a guided gradient");
        assert_close(&found.values, &guided[0], "guided gradient after others");
    }
}

/// From every layer, with something else in place of its output: all behind it is as the definitions say. And with its
/// own output, all is as it was, to the last bit.
async fn going_on<E: Engine>(engine: &mut E) {
    let network = engine.network().clone();
    let mut reference = ReferenceEngine::new(network.clone());
    let input = signed("photo", network.input_shape().len());
    let cotangent = signed("seed", network.classes());
    for (index, layer) in network.layers().iter().enumerate() {
        let logits = engine.forward(&input).await.expect("a forward");
        reference.forward(&input).await.expect("a forward");
        let own = engine.activation(layer.node).await.expect("an activation");
        let gradient = engine.gradient(&cotangent, layer.node).await.expect("a gradient");
        let guided = engine.guided_gradient(&cotangent).await.expect("a guided gradient");

        let other = signed(&layer.name, own.values.len());
        let found = engine.forward_from(layer.node, &other).await.expect("a forward");
        let expected = reference.forward_from(layer.node, &other).await.expect("a forward");
        assert!(relative_l2(&expected, &logits) > 0.1, "other logits");
        assert_close(&found, &expected, &format!("logits, going on from {}", layer.name));
        let outputs = outputs(engine).await;
        assert_eq!(outputs[layer.node.index()], other);
        for id in network.node_ids().filter(|&id| id > layer.node && !outputs[id.index()].is_empty()) {
            let expected = reference.activation(id).await.expect("an activation").values;
            let what = format!("output of node {}, going on from {}", id.index(), layer.name);
            assert_close(&outputs[id.index()], &expected, &what);
        }
        let gradients = backward::gradients(&network, &outputs, &cotangent);
        for behind in network.layers()[index..].iter().rev() {
            let found = engine.gradient(&cotangent, behind.node).await.expect("a gradient");
            let what = format!("gradient at {}, going on from {}", behind.name, layer.name);
            assert_close(&found.values, &gradients[behind.node.index()], &what);
        }

        assert_eq!(engine.forward_from(layer.node, &own.values).await.expect("a forward"), logits);
        assert_eq!(engine.gradient(&cotangent, layer.node).await.expect("a gradient"), gradient);
        assert_eq!(engine.guided_gradient(&cotangent).await.expect("a guided gradient"), guided);
    }
}

/// They change nothing; but a photo whose logits are no numbers is gone.
async fn mistakes<E: Engine>(engine: &mut E) {
    let network = engine.network().clone();
    let layer = network.layers()[0].node;
    let cotangent = class_cotangent(network.classes(), 0);
    let own_length = network.map_shape(layer).len();
    engine.forward(&signed("photo", network.input_shape().len())).await.expect("a forward");
    let gradient = engine.gradient(&cotangent, layer).await.expect("a gradient");

    let found = engine.forward_from(NodeId::INPUT, &signed("photo", network.input_shape().len())).await;
    assert_eq!(found, Err(EngineError::NotALayer { node: 0 }));
    let found = engine.forward_from(layer, &[1.0]).await;
    assert_eq!(found, Err(EngineError::Length { what: "activation", found: 1, expected: own_length }));
    let found = engine.guided_gradient(&[1.0]).await;
    assert_eq!(found, Err(EngineError::Length { what: "cotangent", found: 1, expected: network.classes() }));
    assert_eq!(engine.replace(other_graph(&network)).await, Err(EngineError::OtherGraph));
    assert_eq!(engine.gradient(&cotangent, layer).await, Ok(gradient));

    let found = engine.forward_from(layer, &vec![f32::INFINITY; own_length]).await;
    assert_eq!(found, Err(EngineError::NotFinite));
    assert_eq!(engine.guided_gradient(&cotangent).await, Err(EngineError::NoForward));
    let found = engine.forward_from(layer, &vec![0.0; own_length]).await;
    assert_eq!(found, Err(EngineError::NoForward));
}

fn other_graph(network: &Network) -> Network {
    let other = [toy::network(), toy::pooled_network()];
    other.into_iter().find(|other| !other.has_same_graph(network)).expect("one of the two")
}

/// An engine that is given other parameters answers as one that was made for them, to the last bit; and as before when
/// it is given the first ones again.
async fn other_parameters<E: Engine>(engine: &mut E, make: &impl AsyncFn(Network) -> E) {
    let network = engine.network().clone();
    let original = answers(engine).await;
    // Those of a single node; those of all but one, which are most of them new again; and none.
    let (first, last) = (network.layers()[0].node, network.logits());
    let networks = [
        toy::with_reversed_parameters(&network, |id| id == last),
        toy::with_reversed_parameters(&network, |id| id != first),
        toy::with_reversed_parameters(&network, |_| true),
        network.clone(),
    ];
    for (index, other) in networks.iter().enumerate() {
        engine.replace(other.clone()).await.expect("the same graph");
        assert_eq!(engine.activation(last).await.unwrap_err(), EngineError::NoForward);
        let expected = answers(&mut make(other.clone()).await).await;
        assert_eq!(expected == original, index + 1 == networks.len(), "parameters that matter");
        assert!(answers(engine).await == expected, "parameters number {index}");
    }
}

/// Every output of a forward, and gradients.
async fn answers<E: Engine>(engine: &mut E) -> Vec<Vec<f32>> {
    let cotangent = signed("seed", engine.network().classes());
    engine.forward(&signed("photo", engine.network().input_shape().len())).await.expect("a forward");
    let mut answers = outputs(engine).await;
    answers.push(engine.gradient(&cotangent, NodeId::INPUT).await.expect("a gradient").values);
    answers.push(engine.guided_gradient(&cotangent).await.expect("a guided gradient").values);
    answers
}

/// One thing that an engine is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Call {
    Forward,
    Activation(NodeId),
    Gradient(NodeId),
    GuidedGradient,
    ForwardFrom(NodeId),
    /// Too few values, which must be refused, and change nothing.
    MistakenForward,
    MistakenForwardFrom(NodeId),
    Replace,
}

/// All that can be asked for, so that a failure between any two calls would show.
pub fn calls(network: &Network) -> Vec<Call> {
    let [early, middle, late] = [0, 1, 3].map(|index| network.layers()[index].node);
    let mut calls = vec![Call::Forward, Call::Activation(middle), Call::Gradient(middle), Call::GuidedGradient];
    // What an engine has gone on with at a layer is still there when it goes on from a later one, and no more when it goes
    // on from an earlier one.
    for layer in [middle, late, early, middle] {
        calls.extend([Call::ForwardFrom(layer), Call::MistakenForward, Call::MistakenForwardFrom(layer)]);
        calls.extend([Call::Activation(middle), Call::Gradient(late)]);
    }
    calls.extend([Call::Replace, Call::Forward, Call::GuidedGradient]);
    calls
}

/// The answers to `calls`; `before` is told the number of each beforehand.
pub async fn ask<E: Engine>(engine: &mut E, calls: &[Call], before: impl Fn(usize)) -> Vec<Vec<f32>> {
    let mut answers = Vec::new();
    for (number, call) in calls.iter().enumerate() {
        before(number);
        answers.push(call.ask(engine).await);
    }
    answers
}

impl Call {
    /// Whether an engine cannot know the answer without its device.
    pub fn uses_device(&self) -> bool {
        !matches!(self, Self::MistakenForward | Self::MistakenForwardFrom(_))
    }

    /// What `engine` answers; nothing where a mistake is refused, and where no answer is due.
    async fn ask<E: Engine>(self, engine: &mut E) -> Vec<f32> {
        let network = engine.network().clone();
        let cotangent = class_cotangent(network.classes(), 2);
        let maps = |node: NodeId| signed(&format!("maps {}", node.index()), network.map_shape(node).len());
        let refused = |answer| match answer {
            Err(EngineError::Length { .. }) => Ok(Vec::new()),
            other => panic!("{self:?}: {other:?}"),
        };
        let maps_of = |answer: Result<FeatureMaps, EngineError>| answer.map(|maps| maps.values);
        let answer = match self {
            Self::Forward => engine.forward(&signed("photo", network.input_shape().len())).await,
            Self::Activation(node) => maps_of(engine.activation(node).await),
            Self::Gradient(node) => maps_of(engine.gradient(&cotangent, node).await),
            Self::GuidedGradient => maps_of(engine.guided_gradient(&cotangent).await),
            Self::ForwardFrom(node) => engine.forward_from(node, &maps(node)).await,
            Self::MistakenForward => refused(engine.forward(&[1.0]).await),
            Self::MistakenForwardFrom(node) => refused(engine.forward_from(node, &[1.0]).await),
            Self::Replace => {
                let other = toy::with_reversed_parameters(&network, |_| true);
                engine.replace(other).await.map(|()| Vec::new())
            }
        };
        answer.unwrap_or_else(|error| panic!("{self:?}: {error}"))
    }
}
