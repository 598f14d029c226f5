//! Winograd's minimal filtering, F(m, 3): `m` outputs of a 3-tap filter by `m + 2` products. What both engines share: the
//! points, and the transforms of the weights.
//!
//! Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016), equation 6: with weights transformed by
//! `G`, the input by `Bᵀ`, and the products by `Aᵀ`, `y = Aᵀ [(G g) ⊙ (Bᵀ d)]`; in two dimensions along both sides.
//!
//! F(m, 3) evaluates polynomials at `m + 1` points and at infinity. Here the set of points is closed under `x → 1/x`, so
//! that turning the filter round, `g(x) → x² g(1/x)`, only permutes the products: a convolution's input gradient, which
//! is a convolution with the turned filter, uses the very weights of the forward pass. F(4, 3) has the points 0, ±2/3,
//! ±3/2 and infinity: close to each other, which keeps its rounding error at twice a direct convolution's. The
//! customary 0, ±1, ±2 have twice that, and no such symmetry.

/// Maps of at least this side are cut into 4 × 4 tiles. Smaller ones have too few of those to be worth weights that are 2.25
/// times those of 2 × 2 tiles: memory, not arithmetic, is what bounds them.
pub const SIDE_OF_LARGE_TILES: usize = 12;

/// The filter's side of F(`IN − 2`, 3), along one side.
pub trait Filter<const IN: usize> {
    /// Where each product goes when the filter is turned round.
    const TURNED: [usize; IN];

    /// `G g`.
    fn weights(filter: [f64; 3]) -> [f64; IN];
}

/// F(2, 3): points 0, 1, −1, ∞.
pub struct Two;

impl Filter<4> for Two {
    const TURNED: [usize; 4] = [3, 1, 2, 0];

    fn weights([a, b, c]: [f64; 3]) -> [f64; 4] {
        [a, (a + b + c) / 2.0, (a - b + c) / 2.0, c]
    }
}

/// F(4, 3): points 0, ±[`P`], ±1/[`P`], ∞.
pub struct Four;

/// The smaller of [`Four`]'s positive points; the other is its inverse.
pub const P: f64 = 2.0 / 3.0;

impl Filter<6> for Four {
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
}

/// `G g Gᵀ` of a 3 × 3 filter, row by row.
pub fn transform_weights<T: Filter<IN>, const IN: usize>(filter: [[f64; 3]; 3]) -> [[f64; IN]; IN] {
    let columns: [[f64; IN]; 3] =
        std::array::from_fn(|column| T::weights(std::array::from_fn(|row| filter[row][column])));
    std::array::from_fn(|row| T::weights(std::array::from_fn(|column| columns[column][row])))
}
