// The transforms of F(2, 3), along one side: points 0, 1, −1, ∞.

fn transform_input(a: Vector, b: Vector, c: Vector, d: Vector) -> array<Vector, 4> {
  return array<Vector, 4>(a - c, b + c, c - b, d - b);
}

fn transform_output(a: Vector, b: Vector, c: Vector, d: Vector) -> array<Vector, 2> {
  return array<Vector, 2>(a + b + c, b - c + d);
}
