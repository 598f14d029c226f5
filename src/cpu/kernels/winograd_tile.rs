//! The transforms of Winograd's minimal filtering, F(m, 3): `m` outputs of a 3-tap filter by `m + 2` products.
//!
//! Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016), equation 6: with weights transformed by
//! `G`, the input by `Bᵀ`, and the products by `Aᵀ`, `y = Aᵀ [(G g) ⊙ (Bᵀ d)]`; in two dimensions along both sides.
//!
//! F(m, 3) evaluates polynomials at `m + 1` points and at infinity. Here the set of points is closed under `x → 1/x`, so
//! that turning the filter round, `g(x) → x² g(1/x)`, only permutes the products: a convolution's input gradient, which
//! is a convolution with the turned filter, uses the very weights of the forward pass. F(4, 3) has the points 0, ±2/3,
//! ±3/2 and infinity: close to each other, which keeps its rounding error at twice a direct convolution's. The
//! customary 0, ±1, ±2 have twice that, and no such symmetry.

use crate::cpu::simd::{self, Vector, add, multiply, multiply_add, splat, subtract};

/// F(`OUT`, 3) along one side, with `IN = OUT + 2`.
pub trait Tile<const OUT: usize, const IN: usize> {
    /// Where each product goes when the filter is turned round.
    const TURNED: [usize; IN];

    /// `G g`.
    fn weights(filter: [f64; 3]) -> [f64; IN];

    /// `Bᵀ d`.
    fn input(values: [Vector; IN]) -> [Vector; IN];

    /// `Aᵀ m`.
    fn output(products: [Vector; IN]) -> [Vector; OUT];
}

/// F(2, 3): points 0, 1, −1, ∞.
pub struct Two;

impl Tile<2, 4> for Two {
    const TURNED: [usize; 4] = [3, 1, 2, 0];

    fn weights([a, b, c]: [f64; 3]) -> [f64; 4] {
        [a, (a + b + c) / 2.0, (a - b + c) / 2.0, c]
    }

    #[inline(always)]
    fn input([a, b, c, d]: [Vector; 4]) -> [Vector; 4] {
        [subtract(a, c), add(b, c), subtract(c, b), subtract(d, b)]
    }

    #[inline(always)]
    fn output([a, b, c, d]: [Vector; 4]) -> [Vector; 2] {
        [add(add(a, b), c), add(subtract(b, c), d)]
    }
}

/// F(4, 3): points 0, ±p, ±1/p, ∞ with p = 2/3.
pub struct Four;

const P: f64 = 2.0 / 3.0;
const Q: f64 = 1.0 / P;
/// What the products at ±p and at ±1/p are to be divided by: `Π (x − other points)`, without what is in `G` already.
const SCALE_P: f64 = 1.0 / (2.0 * P * P * (P * P - Q * Q));
const SCALE_Q: f64 = 1.0 / (2.0 * (Q * Q - P * P));

impl Tile<4, 6> for Four {
    const TURNED: [usize; 6] = [5, 3, 4, 1, 2, 0];

    fn weights([a, b, c]: [f64; 3]) -> [f64; 6] {
        [
            a,
            a + P * b + P * P * c,
            a - P * b + P * P * c,
            // At ±1/p times p², so that turning the filter round exchanges these two with those above.
            P * P * a + P * b + c,
            P * P * a - P * b + c,
            c,
        ]
    }

    #[inline(always)]
    fn input([a, b, c, d, e, f]: [Vector; 6]) -> [Vector; 6] {
        let constant = |value: f64| splat(value as f32);
        let outer = constant(-(P * P + Q * Q));
        let even_p = multiply_add(constant(-(Q * Q)), c, e);
        let odd_p = multiply_add(constant(P), d, multiply(constant(-Q), b));
        let even_q = multiply_add(constant(-(P * P)), c, e);
        let odd_q = multiply_add(constant(Q), d, multiply(constant(-P), b));
        [
            multiply_add(outer, c, add(a, e)),
            add(even_p, odd_p),
            subtract(even_p, odd_p),
            add(even_q, odd_q),
            subtract(even_q, odd_q),
            multiply_add(outer, d, add(b, f)),
        ]
    }

    #[inline(always)]
    fn output([a, b, c, d, e, f]: [Vector; 6]) -> [Vector; 4] {
        let power = |scale: f64, point: f64, power: i32| splat((scale * point.powi(power)) as f32);
        let (even_p, odd_p) = (add(b, c), subtract(b, c));
        let (even_q, odd_q) = (add(d, e), subtract(d, e));
        [
            multiply_add(power(SCALE_P, P, 0), even_p, multiply_add(power(SCALE_Q, Q, 0), even_q, a)),
            multiply_add(power(SCALE_P, P, 1), odd_p, multiply(power(SCALE_Q, Q, 1), odd_q)),
            multiply_add(power(SCALE_P, P, 2), even_p, multiply(power(SCALE_Q, Q, 2), even_q)),
            multiply_add(power(SCALE_P, P, 3), odd_p, multiply_add(power(SCALE_Q, Q, 3), odd_q, f)),
        ]
    }
}

/// Both sides of a square: `transform` along the columns, then along the rows.
#[inline(always)]
pub fn both_sides<const IN: usize, const OUT: usize>(
    square: &[[Vector; IN]; IN],
    transform: impl Fn([Vector; IN]) -> [Vector; OUT],
) -> [[Vector; OUT]; OUT] {
    let mut rows = [[simd::splat(0.0); IN]; OUT];
    for column in 0..IN {
        let transformed = transform(std::array::from_fn(|row| square[row][column]));
        for row in 0..OUT {
            rows[row][column] = transformed[row];
        }
    }
    rows.map(transform)
}

/// `G g Gᵀ` of a 3 × 3 filter, row by row.
pub fn transform_weights<T: Tile<OUT, IN>, const OUT: usize, const IN: usize>(
    filter: [[f64; 3]; 3],
) -> [[f64; IN]; IN] {
    let columns: [[f64; IN]; 3] =
        std::array::from_fn(|column| T::weights(std::array::from_fn(|row| filter[row][column])));
    std::array::from_fn(|row| T::weights(std::array::from_fn(|column| columns[column][row])))
}
