//! How long computations are watched, and stopped.

use super::ExplainError;

/// How far a long computation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Steps {
    /// Steps that are done.
    pub done: usize,
    /// Steps in all.
    pub total: usize,
}

/// Told of every step of a method that takes many; says whether to go on.
pub trait Watch: AsyncFnMut(Steps) -> bool {
    /// Tells of a step; an error if that is enough.
    #[allow(async_fn_in_trait, reason = "engines stay on the thread that made them: no caller needs `Send`")]
    async fn go_on(&mut self, steps: Steps) -> Result<(), ExplainError> {
        if self(steps).await { Ok(()) } else { Err(ExplainError::Stopped) }
    }
}

impl<F: AsyncFnMut(Steps) -> bool> Watch for F {}
