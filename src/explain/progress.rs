//! How a long computation reports on itself, and is stopped.

use super::ExplainError;
use std::future::Future;
use std::pin::Pin;

/// How far a long computation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Steps {
    /// Steps that are done.
    pub done: usize,
    /// Steps in all.
    pub total: usize,
}

/// Is notified of every step of a method that takes many, and says whether to go on. Methods take it as an object:
/// compiled anew for every caller they would only make the download larger.
pub trait Progress {
    /// Is notified of a step; `false` stops the computation.
    fn report<'a>(&'a mut self, steps: Steps) -> Pin<Box<dyn Future<Output = bool> + 'a>>;
}

impl<F: AsyncFnMut(Steps) -> bool> Progress for F {
    fn report<'a>(&'a mut self, steps: Steps) -> Pin<Box<dyn Future<Output = bool> + 'a>> {
        Box::pin(self(steps))
    }
}

impl dyn Progress + '_ {
    /// Reports a step; [`ExplainError::Stopped`] where that is to be the last.
    pub(super) async fn step(&mut self, steps: Steps) -> Result<(), ExplainError> {
        if self.report(steps).await { Ok(()) } else { Err(ExplainError::Stopped) }
    }
}
