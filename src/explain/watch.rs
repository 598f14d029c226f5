//! How long computations are watched, and stopped.

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

/// Told of every step of a method that takes many; says whether to go on. Methods take it as an object: one compiled
/// anew for each who asks would only make the download larger.
pub trait Watch {
    /// Tells of a step.
    fn tell<'a>(&'a mut self, steps: Steps) -> Pin<Box<dyn Future<Output = bool> + 'a>>;
}

impl<F: AsyncFnMut(Steps) -> bool> Watch for F {
    fn tell<'a>(&'a mut self, steps: Steps) -> Pin<Box<dyn Future<Output = bool> + 'a>> {
        Box::pin(self(steps))
    }
}

impl dyn Watch + '_ {
    /// Tells of a step; an error if that is enough.
    pub(super) async fn go_on(&mut self, steps: Steps) -> Result<(), ExplainError> {
        if self.tell(steps).await { Ok(()) } else { Err(ExplainError::Stopped) }
    }
}
