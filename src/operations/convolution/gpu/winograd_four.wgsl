// The transforms of F(4, 3), along one side: points 0, ±P, ±Q, ∞, with Q = 1/P.

const P = 2.0 / 3.0;
const Q = 1.5;
// What the products at ±P and at ±Q are to be divided by: `Π (x − other points)`, without what is in the weights already.
const SCALE_P = 1.0 / (2.0 * P * P * (P * P - Q * Q));
const SCALE_Q = 1.0 / (2.0 * (Q * Q - P * P));

fn transform_input(a: Vector, b: Vector, c: Vector, d: Vector, e: Vector, f: Vector) -> array<Vector, 6> {
  let even_p = e - (Q * Q) * c;
  let odd_p = P * d - Q * b;
  let even_q = e - (P * P) * c;
  let odd_q = Q * d - P * b;
  return array<Vector, 6>(
    a + e - (P * P + Q * Q) * c,
    even_p + odd_p,
    even_p - odd_p,
    even_q + odd_q,
    even_q - odd_q,
    b + f - (P * P + Q * Q) * d,
  );
}

fn transform_output(a: Vector, b: Vector, c: Vector, d: Vector, e: Vector, f: Vector) -> array<Vector, 4> {
  let even_p = b + c;
  let odd_p = b - c;
  let even_q = d + e;
  let odd_q = d - e;
  return array<Vector, 4>(
    a + SCALE_P * even_p + SCALE_Q * even_q,
    (SCALE_P * P) * odd_p + (SCALE_Q * Q) * odd_q,
    (SCALE_P * P * P) * even_p + (SCALE_Q * Q * Q) * even_q,
    (SCALE_P * P * P * P) * odd_p + (SCALE_Q * Q * Q * Q) * odd_q + f,
  );
}
