//! The current photo with a part painted over.

use super::{Session, failure, refusal};
use crate::photo::Fill;
use wasm_bindgen::prelude::*;
use web_time::Instant;

#[wasm_bindgen]
impl Session {
    /// Paints over a part of the current photo, as it was opened, and returns what `open` does. `mask` has a byte for each
    /// pixel of what the network sees, row by row: not 0 where it is to be painted over.
    pub fn erase(&mut self, mask: &[u8], fill: &str) -> Result<JsValue, JsValue> {
        let start = Instant::now();
        let fill: Fill = fill.parse().map_err(|error| failure("internal", error))?;
        self.cam.erase(chosen(mask), fill).map_err(refusal)?;
        self.opened(start)
    }

    /// The current photo as it was opened, with nothing painted over.
    pub fn restore(&mut self) {
        self.cam.restore();
    }
}

/// Where a mask is not 0.
pub(super) fn chosen(mask: &[u8]) -> Vec<bool> {
    mask.iter().map(|&value| value != 0).collect()
}
