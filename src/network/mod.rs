//! A network as data: a directed acyclic graph of operations with static shapes, one input, one node of logits.
//!
//! Readers ([`families`](crate::families)) write the plain graph by a [`NetworkBuilder`], which folds what can be folded;
//! [`fuse`] makes the steps that both engines run, so that these cannot disagree about the architecture. Which outputs can be looked at follows from the graph
//! alone: see [`Network::layers`].

mod builder;
mod error;
mod fold;
mod fuse;
mod graph;
mod head;
mod layers;
mod operation;

pub use builder::NetworkBuilder;
pub use error::{LARGEST_INPUT_SIDE, NetworkError, SMALLEST_INPUT_SIDE};
pub use fuse::{Step, fuse};
pub use graph::{Network, Node, NodeId};
pub use head::LinearHead;
pub use layers::Layer;
pub use operation::Operation;

pub use crate::kernel::{Activation, MapShape, Rounding, Shape, Window};
pub use crate::operations::add::Add;
pub use crate::operations::affine::Affine;
pub use crate::operations::average_pool::AveragePool;
pub use crate::operations::convolution::Convolution;
pub use crate::operations::global_average_pool::GlobalAveragePool;
pub use crate::operations::linear::Linear;
pub use crate::operations::max_pool::MaxPool;
