//! The answer to a question.

use super::{Completeness, Method};
use crate::cam::Map;
use crate::model::ClassScore;

/// The answer to a [`Question`](super::Question).
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The logits of all classes.
    pub logits: Vec<f32>,
    /// The class the map is for.
    pub target: ClassScore,
    /// The layer the map is of; the last one for a method that sees no single layer.
    pub layer: String,
    /// How it was made.
    pub method: Method,
    /// The map itself, raw.
    pub map: Map,
    /// Other methods that have this very map by construction, at this layer of this network.
    pub same_as: Vec<Method>,
    /// The classes that Finer-CAM compares the target with, closest first; none for other methods.
    pub references: Vec<ClassScore>,
    /// What the map of integrated gradients adds up to; `None` for other methods.
    pub completeness: Option<Completeness>,
    /// How long it took.
    pub timings: Timings,
}

/// Time spent, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct Timings {
    /// From the input to the logits; 0 where the engine still had it from an earlier question.
    pub forward: f64,
    /// From the logits to the map.
    pub backward: f64,
}

/// A map, and what some methods say besides.
pub(super) struct Answer {
    pub map: Map,
    /// Indices of the classes that the target is compared with.
    pub references: Vec<usize>,
    pub completeness: Option<Completeness>,
}

impl From<Map> for Answer {
    fn from(map: Map) -> Self {
        Self { map, references: Vec::new(), completeness: None }
    }
}
