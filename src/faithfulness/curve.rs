//! Deletion and insertion (RISE, Petsiuk et al. 2018): the probability of a class while pixels vanish from the photo, or
//! appear in it, the most important first.
//!
//! A map that shows what the network goes by makes the probability fall early where its pixels are deleted, and rise early
//! where they are inserted. By itself the area under a curve says little: it is compared with those of a random map and of
//! the distance from the centre, where photographers put what matters.

use super::blur::blurred;
use super::ranking::Ranking;
use crate::cam::Map;
use crate::engine::Engine;
use crate::explain::{ExplainError, Explainer};

/// What happens to the pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CurveKind {
    /// They take the mean colour of the network's training photos, 0 after normalisation.
    Deletion,
    /// They take their place in a blurred photo.
    Insertion,
}

impl CurveKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Deletion, Self::Insertion];
}

/// One point of one curve.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct CurvePoint {
    /// What happens to the pixels of its curve.
    pub kind: CurveKind,
    /// In which order.
    pub ranking: Ranking,
    /// How many of the pixels have vanished or appeared, from 0 to 1.
    pub share: f64,
    /// Probability of the class, by the model's output.
    pub probability: f64,
    /// Points so far, of all curves.
    pub done: usize,
    /// Points in all.
    pub total: usize,
}

/// All points of a curve, at even steps.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Curve {
    /// What happens to the pixels.
    pub kind: CurveKind,
    /// In which order.
    pub ranking: Ranking,
    /// Probabilities of the class, by the model's output.
    pub probabilities: Vec<f64>,
    /// The [`area`] under them.
    pub area: f64,
}

/// The area under a curve over the unit interval, by trapezoids between values at even steps.
pub fn area(values: &[f64]) -> f64 {
    match values {
        [] => 0.0,
        [only] => *only,
        _ => {
            values.windows(2).map(|pair| f64::midpoint(pair[0], pair[1])).sum::<f64>() / (values.len() - 1) as f64
        }
    }
}

/// Both curves of the current photo for each [`Ranking`], the map's own first, in `steps` steps each. `progress` is notified
/// of every point as it is computed; where its answer is no, this ends with [`ExplainError::Stopped`].
///
/// # Panics
/// Where there is no such class.
pub async fn curves<E: Engine>(
    explainer: &mut Explainer<E>,
    map: &Map,
    class: usize,
    steps: usize,
    mut progress: impl AsyncFnMut(CurvePoint) -> bool,
) -> Result<Vec<Curve>, ExplainError> {
    let steps = steps.max(1);
    let shape = explainer.network().input_shape();
    let output = explainer.classes().output;
    let (photo, logits) = explainer.photo()?;
    let photo = photo.to_vec();
    let whole = output.probability(logits, class);
    let plain = vec![0.0; photo.len()];
    let blurred = blurred(shape, &photo);
    // Where curves begin and end is the same in any order.
    let (mut of_plain, mut of_blurred) = (None, None);
    let total = Ranking::ALL.len() * CurveKind::ALL.len() * (steps + 1);
    let mut done = 0;
    let mut curves = Vec::new();
    for ranking in Ranking::ALL {
        let order = ranking.order(map, shape);
        let mut pair = CurveKind::ALL.map(|kind| Curve { kind, ranking, probabilities: Vec::new(), area: 0.0 });
        for step in 0..=steps {
            let changed = (order.len() * step + steps / 2) / steps;
            for curve in &mut pair {
                let (from, to) = match curve.kind {
                    CurveKind::Deletion => (&photo, &plain),
                    CurveKind::Insertion => (&blurred, &photo),
                };
                let known = match (curve.kind, step) {
                    (CurveKind::Deletion, 0) => Some(whole),
                    (CurveKind::Insertion, _) if step == steps => Some(whole),
                    (CurveKind::Deletion, _) if step == steps => of_plain,
                    (CurveKind::Insertion, 0) => of_blurred,
                    _ => None,
                };
                let probability = match known {
                    Some(probability) => probability,
                    None => {
                        let mut input = from.clone();
                        for channel in (0..input.len()).step_by(shape.area()) {
                            order[..changed]
                                .iter()
                                .for_each(|&pixel| input[channel + pixel] = to[channel + pixel]);
                        }
                        output.probability(&explainer.logits_of(&input).await?, class)
                    }
                };
                match curve.kind {
                    CurveKind::Deletion if step == steps => of_plain = Some(probability),
                    CurveKind::Insertion if step == 0 => of_blurred = Some(probability),
                    _ => {}
                }
                curve.probabilities.push(probability);
                done += 1;
                let share = step as f64 / steps as f64;
                if !progress(CurvePoint { kind: curve.kind, ranking, share, probability, done, total }).await {
                    return Err(ExplainError::Stopped);
                }
            }
        }
        curves.extend(pair.map(|curve| Curve { area: area(&curve.probabilities), ..curve }));
    }
    Ok(curves)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_by_hand() {
        for (values, expected) in
            [(&[1.0, 0.3, 0.0][..], 0.4), (&[0.0, 0.7, 1.0], 0.6), (&[0.5, 0.5], 0.5), (&[0.25], 0.25), (&[], 0.0)]
        {
            assert!((area(values) - expected).abs() < 1e-12, "{values:?}");
        }
    }
}
