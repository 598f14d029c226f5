// What direct convolutions and their gradients are told.
//
// Weights lie in blocks of 4 × 4: by row and column of the kernel, four input channels, four output channels, and within
// the block by input channel. So both ways use the same.

@group(0) @binding(5) var<storage, read> weights: array<vec4f>;
