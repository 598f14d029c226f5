// What direct convolutions and their gradients are told.
//
// Weights lie in blocks of 4 × 4: by row and column of the kernel, four input channels, four output channels, and within
// the block by input channel. So both ways use the same.

struct Parameters {
  input_height: u32,
  input_width: u32,
  input_vectors: u32,
  output_height: u32,
  output_width: u32,
  output_vectors: u32,
  kernel: u32,
  stride: u32,
  padding: u32,
  flags: u32,
}

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(5) var<storage, read> weights: array<vec4f>;
