//! Whether a network has what a method goes by.

use super::Method;
use crate::network::Network;

/// Why a method says nothing about a network: a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// Guided backpropagation is a rule for ReLUs; without any it would be the plain gradient under another name.
    #[error("This network has no ReLU, which guided backpropagation goes by.")]
    NoRelu,
    /// A map of several layers needs several.
    #[error("This network has only one stage, and so no maps of several stages to put together.")]
    OneStage,
}

impl Method {
    /// Whether it says something about this network.
    ///
    /// # Errors
    /// [`Misfit`] says in a sentence what the network lacks.
    pub fn fits(self, network: &Network) -> Result<(), Misfit> {
        if self.traits().guided && !network.has_relu() {
            return Err(Misfit::NoRelu);
        }
        if self == Self::LayerCamFused && network.stages().len() < 2 {
            return Err(Misfit::OneStage);
        }
        Ok(())
    }
}
