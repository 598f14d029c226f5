//! How much of a class's probability is lost where only what its map shows is left of the photo.

use crate::cam::{Map, upsample};
use crate::engine::Engine;
use crate::explain::{ExplainError, Explainer};

/// The average drop of one photo, `max(0, y − o) / y`, from 0 to 1 (Chattopadhay et al. 2018): `y` is the probability of
/// `class` for the current photo, and `o` that for the photo times the map after ReLU, divided by its maximum and upsampled.
/// What is multiplied by 0 has the mean colour of the network's training photos.
///
/// # Panics
/// Where there is no such class.
pub async fn average_drop<E: Engine>(
    explainer: &mut Explainer<E>,
    map: &Map,
    class: usize,
) -> Result<f64, ExplainError> {
    let shape = explainer.network().input_shape();
    let output = explainer.classes().output;
    let (input, logits) = explainer.photo()?;
    let whole = output.probability(logits, class);
    let maximum = map.maximum();
    let shares: Vec<f32> = upsample(map, shape.width, shape.height)
        .into_iter()
        .map(|value| if maximum > 0.0 { (value / maximum).max(0.0) } else { 0.0 })
        .collect();
    let masked: Vec<f32> = input.iter().zip(shares.iter().cycle()).map(|(value, share)| value * share).collect();
    let logits = explainer.logits_of(&masked).await?;
    let left = output.probability(&logits, class);
    // A class of no probability has none to lose.
    Ok(if whole > 0.0 { (whole - left).max(0.0) / whole } else { 0.0 })
}
