//! Numbers that look random and are the same everywhere, in Python's fixtures too.

/// The 32-bit FNV-1a hash of a name.
pub fn fnv1a(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Value number `index` of the sequence of this name, uniform in [0, 1).
pub fn uniform(name: &str, index: u32) -> f64 {
    let mut x = fnv1a(name).wrapping_add(index.wrapping_mul(0x9e37_79b9));
    x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^= x >> 16;
    f64::from(x) / 4_294_967_296.0
}

/// `count` values in [-1, 1).
pub fn signed(name: &str, count: usize) -> Vec<f32> {
    (0..count as u32).map(|index| (2.0 * uniform(name, index) - 1.0) as f32).collect()
}
