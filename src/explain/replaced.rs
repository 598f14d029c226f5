//! The current photo, as other weights see it.

use super::{ExplainError, Explainer};
use crate::engine::{Engine, EngineError};
use crate::network::Network;

impl<E: Engine> Explainer<E> {
    /// Executes `network`, the same graph with other parameters, from now on, and runs it on the current photo.
    pub async fn replace(&mut self, network: Network) -> Result<(), ExplainError> {
        self.engine.replace(network).await?;
        let pass = self.pass.as_mut().ok_or(EngineError::NoForward)?;
        // Should this fail, the photo has to be run again.
        pass.displaced = true;
        pass.logits = self.engine.forward(&pass.input).await?;
        pass.displaced = false;
        Ok(())
    }
}
