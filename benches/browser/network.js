// The ResNet-18 of a model file as a list of plain operations, from which the rivals' networks are made: the same
// weights for all. BatchNorm is folded into the convolutions, as PyTorch's exporter leaves a network for deployment.

import { Tensors } from './tensors.js';

/**
 * @typedef {{ output: string, input: string }} Unary
 * @typedef {Unary & { kind: 'convolution', weight: Float32Array<ArrayBuffer>, shape: number[],
 *   bias: Float32Array<ArrayBuffer>, stride: number, padding: number }} Convolution
 * @typedef {Unary & { kind: 'maxPool', size: number, stride: number, padding: number }} MaxPool
 * @typedef {Unary & { kind: 'relu' | 'globalAveragePool' }} Pointwise
 * @typedef {Unary & { kind: 'add', other: string }} Add
 * @typedef {Unary & { kind: 'linear', weight: Float32Array<ArrayBuffer>, shape: number[],
 *   bias: Float32Array<ArrayBuffer> }} Linear
 * @typedef {Convolution | MaxPool | Pointwise | Add | Linear} Operation
 */

/** The ε that PyTorch adds to the variance. */
const EPSILON = 1e-5;

/** Side of the input, which has three channels. */
export const INPUT_SIDE = 224;

/**
 * The operations in the order of execution, from `input` to `logits`.
 * @param {ArrayBuffer} file
 */
export function resnet18(file) {
  const tensors = new Tensors(file);
  /** @type {Operation[]} */
  const operations = [];

  /** @param {string} output @param {string} input @param {string} convolution @param {string} norm @param {number} stride */
  const convolution = (output, input, convolution, norm, stride) => {
    const shape = tensors.shape(`${convolution}.weight`);
    const padding = (shape[2] - 1) / 2;
    const folded = fold(tensors, convolution, norm);
    operations.push({ kind: 'convolution', output, input, shape, stride, padding, ...folded });
    return output;
  };
  /** @param {string} output @param {string} input */
  const relu = (output, input) => {
    operations.push({ kind: 'relu', output, input });
    return output;
  };

  convolution('conv1', 'input', 'conv1', 'bn1', 2);
  relu('stem', 'conv1');
  operations.push({ kind: 'maxPool', output: 'maxpool', input: 'stem', size: 3, stride: 2, padding: 1 });
  let last = 'maxpool';
  for (const stage of [1, 2, 3, 4])
    for (const block of [0, 1]) {
      const name = `layer${stage}.${block}`;
      const stride = stage > 1 && block === 0 ? 2 : 1;
      const inner = convolution(`${name}.conv1`, last, `${name}.conv1`, `${name}.bn1`, stride);
      const outer = convolution(
        `${name}.conv2`,
        relu(`${name}.relu`, inner),
        `${name}.conv2`,
        `${name}.bn2`,
        1,
      );
      const down = `${name}.downsample`;
      const shortcut = tensors.has(`${down}.0.weight`)
        ? convolution(down, last, `${down}.0`, `${down}.1`, stride)
        : last;
      operations.push({ kind: 'add', output: `${name}.sum`, input: outer, other: shortcut });
      last = relu(name, `${name}.sum`);
    }
  operations.push({ kind: 'globalAveragePool', output: 'pooled', input: last });
  operations.push({
    kind: 'linear',
    output: 'logits',
    input: 'pooled',
    weight: tensors.values('fc.weight'),
    shape: tensors.shape('fc.weight'),
    bias: tensors.values('fc.bias'),
  });
  return operations;
}

/**
 * A convolution's weight and bias with the BatchNorm after it folded in, computed in double precision and rounded once.
 * @param {Tensors} tensors @param {string} convolution @param {string} norm
 */
function fold(tensors, convolution, norm) {
  const weight = tensors.values(`${convolution}.weight`);
  const [gamma, beta, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((part) =>
    tensors.values(`${norm}.${part}`),
  );
  const scale = Float64Array.from(gamma, (value, channel) => value / Math.sqrt(variance[channel] + EPSILON));
  const filter = weight.length / gamma.length;
  return {
    weight: weight.map((value, index) => value * scale[Math.floor(index / filter)]),
    bias: beta.map((value, channel) => value - mean[channel] * scale[channel]),
  };
}
