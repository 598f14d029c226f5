//! The current photo with a part painted over.

use super::{Session, failure, no_photo};
use crate::photo::{Erasure, Fill, Preprocessing};
use wasm_bindgen::prelude::*;
use web_time::Instant;

#[wasm_bindgen]
impl Session {
    /// Paints over a part of the current photo, as it was opened, and returns what `open` does. `mask` has a byte for each
    /// pixel of what the network sees, row by row: not 0 where it is to be painted over.
    pub fn erase(&mut self, mask: &[u8], fill: &str) -> Result<JsValue, JsValue> {
        let start = Instant::now();
        let fill: Fill = fill.parse().map_err(|error| failure("internal", error))?;
        let side = self.explainer.network().input_shape().width;
        check_mask(mask, side)?;
        let open = self.photo.as_mut().ok_or_else(no_photo)?;
        let pixels = open.photo.crop_pixels(&Preprocessing::IMAGENET);
        open.erasure = Some(Erasure::new(&pixels, side, chosen(mask), fill));
        open.forwarded = false;
        open.facts(start)
    }

    /// The current photo as it was opened, with nothing painted over.
    pub fn restore(&mut self) {
        if let Some(open) = &mut self.photo {
            open.erasure = None;
            open.forwarded = false;
        }
    }
}

/// Holds a mask to the size of what the network sees.
pub(super) fn check_mask(mask: &[u8], side: usize) -> Result<(), JsValue> {
    if mask.len() == side * side {
        Ok(())
    } else {
        let message = format!("The mask has {} pixels, but {side} × {side} are needed.", mask.len());
        Err(failure("internal", message))
    }
}

/// Where a mask is not 0.
pub(super) fn chosen(mask: &[u8]) -> Vec<bool> {
    mask.iter().map(|&value| value != 0).collect()
}
