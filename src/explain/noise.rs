//! Noise that is the same at every run.

use crate::random::Random;

/// A sequence of numbers of the standard normal distribution.
pub struct Noise(Random);

impl Noise {
    /// The sequence that belongs to a seed.
    pub const fn new(seed: u64) -> Self {
        Self(Random::new(seed))
    }

    /// Two more numbers, by Box and Muller (1958).
    pub fn pair(&mut self) -> [f64; 2] {
        // Above 0, for the logarithm.
        let radius = (-2.0 * (1.0 - self.0.uniform()).ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * self.0.uniform()).sin_cos();
        [radius * cosine, radius * sine]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_moments_of_the_normal_distribution() {
        let mut noise = Noise::new(1);
        let values: Vec<f64> = (0..50_000).flat_map(|_| noise.pair()).collect();
        let moment = |power: i32| values.iter().map(|value| value.powi(power)).sum::<f64>() / values.len() as f64;
        for (power, expected, bound) in [(1, 0.0, 0.01), (2, 1.0, 0.02), (3, 0.0, 0.05), (4, 3.0, 0.1)] {
            assert!((moment(power) - expected).abs() < bound, "moment {power}: {}", moment(power));
        }
        assert_eq!(Noise::new(7).pair(), Noise::new(7).pair());
    }
}
