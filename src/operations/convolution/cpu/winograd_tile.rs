//! The transforms of Winograd's minimal filtering that the kernels run: of the input and of the products, vector by
//! vector. See `winograd.rs` one folder up for the points and for the weights.

use super::super::winograd::{Filter, Four, P, Two};
use crate::kernel::cpu::simd::{self, Vector, add, multiply, multiply_add, splat, subtract};

/// F(`OUT`, 3) along one side, with `IN = OUT + 2`.
pub trait Tile<const OUT: usize, const IN: usize>: Filter<IN> {
    /// `Bᵀ d`.
    fn input(values: [Vector; IN]) -> [Vector; IN];

    /// `Aᵀ m`.
    fn output(products: [Vector; IN]) -> [Vector; OUT];
}

impl Tile<2, 4> for Two {
    #[inline(always)]
    fn input([a, b, c, d]: [Vector; 4]) -> [Vector; 4] {
        [subtract(a, c), add(b, c), subtract(c, b), subtract(d, b)]
    }

    #[inline(always)]
    fn output([a, b, c, d]: [Vector; 4]) -> [Vector; 2] {
        [add(add(a, b), c), add(subtract(b, c), d)]
    }
}

const Q: f64 = 1.0 / P;
/// What the products at ±p and at ±1/p are to be divided by: `Π (x − other points)`, without what is in `G` already.
const SCALE_P: f64 = 1.0 / (2.0 * P * P * (P * P - Q * Q));
const SCALE_Q: f64 = 1.0 / (2.0 * (Q * Q - P * P));

impl Tile<4, 6> for Four {
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
