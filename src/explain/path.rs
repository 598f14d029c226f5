//! Integrated gradients (Sundararajan et al. 2017): what each pixel adds to the logit on the straight line from a baseline to
//! the photo. The baseline is a blank photo of the mean colour, which is zero everywhere once normalised. Unlike
//! black, it does not make dark pixels count for nothing.
//!
//! A network of ReLUs is not smooth: along the line its gradient jumps at every unit that switches, most of all where the
//! photo is still faint. Even steps waste themselves on the rest: 64 of them miss the difference of the logits by several
//! per cent, on some photos by more than ten. The logits on the line are known, though, and with them what each step should
//! add up to. So the steps are placed where they are needed: after few to begin with, the one that adds most to what the
//! sum is off by is divided, again and again. What comes out is a midpoint rule like any other, with steps of different
//! lengths; no gradient is changed to make the sum right. It takes a forward more for every step.

use super::explanation::Answer;
use super::pixels::finite_at_input;
use super::{ExplainError, Explainer, Progress, Steps};
use crate::cam;
use crate::engine::{Engine, FeatureMaps};
use crate::network::NodeId;

/// Steps in the end, each with one gradient.
pub(super) const STEPS: usize = 64;

/// Steps to begin with. Dividing one makes two more.
const FIRST_STEPS: usize = 16;

/// What a map by integrated gradients adds up to.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Completeness {
    /// Of the map.
    pub sum: f64,
    /// Of the logits of the photo and of the baseline: what the sum should be.
    pub difference: f64,
    /// Steps between the two: in the middle of each the gradient was taken.
    pub steps: usize,
}

/// What is integrated, and along what: from zero to the photo.
struct Line<'a> {
    photo: &'a [f32],
    cotangent: &'a [f32],
    class: usize,
}

impl Line<'_> {
    /// The input that has come so far, from 0 to 1.
    fn input(&self, share: f64) -> Vec<f32> {
        self.photo.iter().map(|&value| (share * f64::from(value)) as f32).collect()
    }
}

/// A place on the line.
#[derive(Clone, Copy)]
struct Point {
    share: f64,
    logit: f64,
}

struct Step {
    from: Point,
    to: Point,
    /// In the middle.
    gradient: Vec<f32>,
    /// The gradient along the whole line.
    slope: f64,
}

impl Step {
    fn length(&self) -> f64 {
        self.to.share - self.from.share
    }

    /// By how much the step adds up to more than the difference of its logits.
    fn excess(&self) -> f64 {
        self.length() * self.slope - (self.to.logit - self.from.logit)
    }
}

impl<E: Engine> Explainer<E> {
    pub(super) async fn integrated_gradients(
        &mut self,
        target: usize,
        cotangent: &[f32],
        progress: &mut dyn Progress,
    ) -> Result<Answer, ExplainError> {
        let photo = self.photo()?.0.to_vec();
        let line = Line { photo: &photo, cotangent, class: target };
        let steps = self.steps(&line, progress).await?;
        let mut sums = vec![0.0; photo.len()];
        for step in &steps {
            for (sum, &gradient) in sums.iter_mut().zip(&step.gradient) {
                *sum += step.length() * f64::from(gradient);
            }
        }
        let values = sums.into_iter().map(|sum: f64| sum as f32).collect();
        let mean = FeatureMaps { shape: self.network().input_shape(), values };
        let map = finite_at_input(cam::along_path(&photo, &vec![0.0; photo.len()], &mean))?;
        let difference = steps.iter().map(|step| step.to.logit - step.from.logit).sum();
        let completeness = Completeness { sum: map.sum(), difference, steps: steps.len() };
        Ok(Answer { completeness: Some(completeness), ..map.into() })
    }

    async fn steps(&mut self, line: &Line<'_>, progress: &mut dyn Progress) -> Result<Vec<Step>, ExplainError> {
        let mut steps = Vec::with_capacity(STEPS);
        let mut from = self.point(line, 0.0).await?;
        for index in 1..=FIRST_STEPS {
            // Cubes: short ones where the photo is faint.
            let to = self.point(line, (index as f64 / FIRST_STEPS as f64).powi(3)).await?;
            steps.push(self.step(line, from, to).await?);
            progress.step(Steps { done: steps.len(), total: STEPS }).await?;
            from = to;
        }
        while steps.len() < STEPS {
            let divided = steps.swap_remove(most_to_blame(&steps));
            let (from, to, third) = (divided.from, divided.to, divided.length() / 3.0);
            let first = self.point(line, from.share + third).await?;
            let second = self.point(line, to.share - third).await?;
            // The one in the middle has its gradient already.
            steps.push(Step { from: first, to: second, ..divided });
            for (from, to) in [(from, first), (second, to)] {
                steps.push(self.step(line, from, to).await?);
                progress.step(Steps { done: steps.len(), total: STEPS }).await?;
            }
        }
        Ok(steps)
    }

    async fn point(&mut self, line: &Line<'_>, share: f64) -> Result<Point, ExplainError> {
        let logits = self.logits_of(&line.input(share)).await?;
        Ok(Point { share, logit: f64::from(logits[line.class]) })
    }

    async fn step(&mut self, line: &Line<'_>, from: Point, to: Point) -> Result<Step, ExplainError> {
        let engine = self.borrow_engine();
        engine.forward(&line.input((from.share + to.share) / 2.0)).await?;
        let gradient = engine.gradient(line.cotangent, NodeId::INPUT).await?.values;
        let slope = gradient.iter().zip(line.photo).map(|(&g, &x)| f64::from(g) * f64::from(x)).sum();
        Ok(Step { from, to, gradient, slope })
    }
}

/// The step whose excess is largest, to the side to which all together are off.
fn most_to_blame(steps: &[Step]) -> usize {
    let side = steps.iter().map(Step::excess).sum::<f64>().signum();
    let blame = |index: usize| side * steps[index].excess();
    (1..steps.len()).fold(0, |most, index| if blame(index) > blame(most) { index } else { most })
}
