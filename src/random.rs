//! Numbers without a pattern that are the same at every run.

/// SplitMix64 (Steele, Lea and Flood 2014).
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The sequence that belongs to a seed.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A number from 0 to below 1.
    pub fn uniform(&mut self) -> f64 {
        // The upper 53 bits: as many as an f64 keeps.
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Brings `values` into one of all orders, each as likely as any other (Fisher and Yates, by Durstenfeld 1964).
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            // Below `last + 1`; that some are a 2⁻⁶⁴th more likely matters to nobody.
            let other = (u128::from(self.bits()) * (last as u128 + 1)) >> 64;
            values.swap(last, other as usize);
        }
    }

    fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of the authors' own program for the seed 1234567.
    #[test]
    fn is_splitmix64() {
        let mut random = Random::new(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([random.bits(), random.bits(), random.bits()], expected);
    }

    #[test]
    fn shuffles_fairly() {
        let mut random = Random::new(1);
        let mut counts = [0; 6];
        for _ in 0..6000 {
            let mut values = [0, 1, 2];
            random.shuffle(&mut values);
            counts[values[0] * 2 + usize::from(values[1] > values[2])] += 1;
        }
        assert!(counts.iter().all(|count: &usize| count.abs_diff(1000) < 150), "{counts:?}");
    }
}
