//! Families of networks: named tensors of a known architecture → a network. One file each, one list.
//!
//! `docs/adding-a-family.md` says how another is added.

mod batch_norm;
mod error;
mod resnet;

pub use batch_norm::BatchNorm;
pub use error::FamilyError;

use crate::network::Network;
use crate::weights::Weights;

/// What the list knows of a family.
struct Family {
    /// Its networks, as part of a sentence.
    networks: &'static str,
    /// A tensor that every one of them has. What stands before its name in a file, up to a dot, stands before all others.
    anchor: &'static str,
    /// Whether tensors are those of such a network, if perhaps not all of them.
    recognises: fn(&Weights) -> bool,
    /// Builds the network that the tensors belong to.
    build: fn(&Weights) -> Result<Network, FamilyError>,
}

/// All of them.
const FAMILIES: &[Family] = &[resnet::FAMILY];

/// Builds the network that the tensors belong to, for the input size that its family is trained on. Names may have anything
/// before them that ends with a dot: `module.`, `backbone.`, `model.` ….
///
/// # Errors
/// [`FamilyError`] says which tensor is wrong or too many, or that no family is known that has such tensors.
pub fn build(weights: &Weights) -> Result<Network, FamilyError> {
    for family in FAMILIES {
        let own = weights.within(family.anchor)?;
        if (family.recognises)(&own) {
            return (family.build)(&own);
        }
    }
    Err(FamilyError::unknown(weights))
}

/// The networks of all families, for messages.
fn known() -> String {
    FAMILIES.iter().map(|family| family.networks).collect::<Vec<_>>().join(", ")
}
