// What a max-pool and its gradient are told.

struct Parameters {
  input_height: u32,
  input_width: u32,
  output_height: u32,
  output_width: u32,
  vectors: u32,
  kernel: u32,
  stride: u32,
  padding: u32,
  flags: u32,
}

@group(0) @binding(0) var<uniform> parameters: Parameters;
