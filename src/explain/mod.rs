//! Explanations: asks an engine, applies [`cam`](crate::cam), checks identities, and says what came out.
//!
//! A [`Question`] is put to an [`Explainer`], and an [`Explanation`] comes back. What methods there are, and what is known
//! of each, stands in `method`; how their maps are made, in `layer` for those with the cells of a layer, and in `pixels`
//! and `path` for those with the pixels of the input. `comparison` and `survey` ask more than one question at a time.

mod comparison;
mod error;
mod explainer;
mod explanation;
pub mod finer;
mod identity;
mod layer;
mod method;
mod noise;
mod path;
mod pixels;
mod progress;
mod question;
mod replaced;
mod survey;

pub use comparison::{Comparison, Decomposition};
pub use error::ExplainError;
pub use explainer::Explainer;
pub use explanation::{Explanation, Timings};
pub use identity::{CompletenessCheck, check_completeness};
pub use layer::{LayerMap, LayerMaps};
pub use method::{Method, Misfit, Source, Traits, Unit, UnknownMethod};
pub use path::Completeness;
pub use progress::{Progress, Steps};
pub use question::Question;
pub use survey::{Survey, SurveyQuestion};
