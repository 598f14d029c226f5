// The end of every kernel that writes feature maps: what becomes of a result before it is stored, by the flags.

// The convolution's bias is added.
const BIAS = 1u;
// `other`, a residual, is added.
const RESIDUAL = 2u;
// What is below zero becomes zero; that of a gradient, too, in guided backpropagation.
const RELU = 4u;
// `other` is the output of a ReLU whose gradient this is: zero where that is zero.
const MASK = 8u;
// What is stored already is added: another way from the same node to the logits.
const ACCUMULATE = 16u;

@group(0) @binding(1) var<storage, read> bias: array<Vector>;
@group(0) @binding(2) var<storage, read> other: array<Vector>;
@group(0) @binding(3) var<storage, read_write> output: array<Vector>;

// Stores `result` at `index`; `channel` is the same place within its cell.
fn store(index: u32, channel: u32, flags: u32, result: Vector) {
  var value = result;
  if ((flags & BIAS) != 0u) {
    value += bias[channel];
  }
  if ((flags & RESIDUAL) != 0u) {
    value += other[index];
  }
  if ((flags & ACCUMULATE) != 0u) {
    value += output[index];
  }
  if ((flags & RELU) != 0u) {
    // Not `max`, which may take a zero for what is no number.
    value = select(value, Vector(), value < Vector());
  }
  if ((flags & MASK) != 0u) {
    value = select(Vector(), value, other[index] > Vector());
  }
  output[index] = value;
}
