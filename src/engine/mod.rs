//! The contract of what executes a network: one forward, then as many gradients as wanted from it.

use crate::network::{MapShape, Network, NodeId};

/// What can go wrong while a network is executed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// The input, or a cotangent, has the wrong number of values: a mistake of the caller's.
    #[error("The {what} has {found} values, but {expected} were expected.")]
    Length {
        /// Which argument.
        what: &'static str,
        /// How many values it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
    /// A gradient or an activation was asked for before any forward.
    #[error("Nothing has been computed yet: run a forward first.")]
    NoForward,
    /// Another network was given that is not the same graph: a mistake of the caller's.
    #[error("The network to be executed instead is another graph.")]
    OtherGraph,
    /// A gradient was asked for at a node that is neither the input nor a layer.
    #[error("There is no gradient at node {node}: it is neither a layer nor the input.")]
    NotALayer {
        /// Index of the node.
        node: usize,
    },
    /// The output of a node was asked for that does not outlive the forward, or never exists by itself.
    #[error("The output of node {node} is not kept: it is no layer.")]
    NotKept {
        /// Index of the node.
        node: usize,
    },
    /// The logits are NaN or infinite.
    #[error("The network's output is not a finite number for this photo: the weights overflow.")]
    NotFinite,
    /// There is no GPU, or none for us.
    #[error("No GPU is offered here: WebGPU is missing, switched off, or knows no adapter.")]
    NoAdapter,
    /// The GPU went away.
    #[error("The connection to the GPU was lost ({reason}).")]
    DeviceLost {
        /// In the words of whoever noticed.
        reason: String,
    },
    /// There is an adapter, but it gives us no device.
    #[error("The GPU cannot be used: its driver refuses.")]
    NoDevice,
    /// The GPU did not do what it was told.
    #[error("The GPU refused its work ({reason}).")]
    GpuRefused {
        /// In the words of whoever refused, in one line.
        reason: String,
    },
    /// The GPU's memory is too small.
    #[error("The GPU has not enough memory for this model.")]
    OutOfGpuMemory,
    /// The library underneath failed.
    #[error("The engine failed: {0}.")]
    Backend(String),
}

impl EngineError {
    /// Whether another engine might succeed: all but what the caller got wrong.
    pub fn may_be_the_device(&self) -> bool {
        !matches!(
            self,
            Self::Length { .. }
                | Self::NoForward
                | Self::OtherGraph
                | Self::NotALayer { .. }
                | Self::NotKept { .. }
        )
    }

    /// Stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFinite => "not-finite",
            _ => "internal",
        }
    }
}

/// One photo's feature maps, or the gradient with respect to them.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureMaps {
    /// Channels, height and width.
    pub shape: MapShape,
    /// Channel by channel, row by row.
    pub values: Vec<f32>,
}

impl FeatureMaps {
    /// The feature maps one by one, `height × width` values each.
    pub fn channels(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.shape.area())
    }
}

/// Which engine runs, for the line that says so.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Description {
    /// `cpu` or `webgpu`.
    pub kind: &'static str,
    /// Name of the GPU, where one is used.
    pub adapter: Option<String>,
    /// How many threads share the work.
    pub threads: usize,
    /// The vector instructions in use.
    pub simd: &'static str,
}

/// Executes a [`Network`] on one photo at a time.
///
/// Conventions equal PyTorch's: ReLU'(0) = 0; max-pool pads with −∞ and its gradient goes to the first maximum in
/// row-major order; logits, never probabilities, are differentiated. Only gradients with respect to activations are
/// ever computed, none with respect to weights.
///
/// Calls are asynchronous because reading back from a GPU is; an engine is used from one thread.
#[allow(async_fn_in_trait, reason = "engines stay on the thread that made them: no caller needs `Send`")]
pub trait Engine {
    /// What it executes.
    fn network(&self) -> &Network;

    /// What it runs on.
    fn description(&self) -> Description;

    /// Runs the network on `input` (`channels × height × width`, normalised) and returns the logits. What a question may
    /// need is kept until the next forward.
    async fn forward(&mut self, input: &[f32]) -> Result<Vec<f32>, EngineError>;

    /// The output of `node` in the last forward: that of a layer, the input or the logits. An engine may have kept others.
    async fn activation(&mut self, node: NodeId) -> Result<FeatureMaps, EngineError>;

    /// `d(Σ_c cotangent[c] · logit_c) / d(output of layer)` in the last forward; `layer` is a layer's node or
    /// [`NodeId::INPUT`]. Gradients of one cotangent at several layers cost hardly more than the one nearest the input.
    async fn gradient(&mut self, cotangent: &[f32], layer: NodeId) -> Result<FeatureMaps, EngineError>;

    /// The gradient at the input by guided backpropagation (Springenberg et al. 2015): at every ReLU only what is above
    /// zero is passed on, besides the ReLU's own mask. No gradient of anything, but a picture of what excites a class.
    async fn guided_gradient(&mut self, cotangent: &[f32]) -> Result<FeatureMaps, EngineError>;

    /// Goes on from `layer` with `activation` (channel by channel) in place of its output in the last forward, and
    /// returns the logits. This is the last forward from then on: gradients at that layer and behind it are those of the
    /// new outputs. With the layer's own output, everything is as it was.
    async fn forward_from(&mut self, layer: NodeId, activation: &[f32]) -> Result<Vec<f32>, EngineError>;

    /// Executes `network` from now on: the same graph with other parameters. Only what differs is prepared anew (shared
    /// parameters are the same ones). A forward must come next. After a failure the engine can only be given another
    /// network.
    async fn replace(&mut self, network: Network) -> Result<(), EngineError>;
}

/// The cotangent of one class: 1 for it, 0 for all others.
pub fn class_cotangent(classes: usize, class: usize) -> Vec<f32> {
    let mut cotangent = vec![0.0; classes];
    cotangent[class] = 1.0;
    cotangent
}

/// Holds a node to being a layer's.
pub(crate) fn check_layer(network: &Network, node: NodeId) -> Result<(), EngineError> {
    if network.is_layer(node) { Ok(()) } else { Err(EngineError::NotALayer { node: node.index() }) }
}

/// Holds the length of an argument to what it must be.
pub(crate) fn check_length(what: &'static str, found: usize, expected: usize) -> Result<(), EngineError> {
    if found == expected { Ok(()) } else { Err(EngineError::Length { what, found, expected }) }
}
