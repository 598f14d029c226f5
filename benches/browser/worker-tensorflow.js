// TensorFlow.js' wasm backend, on one thread, or its WebGPU backend. Its tensors lie channels last, and so does the
// gradient it answers with.
//
// Convolution, bias and ReLU are operations of their own because its fused convolution cannot be differentiated here:
// that asks for the filter's gradient too, for which the wasm backend has no kernel, and which nobody wants.

import { INPUT_SIDE, resnet18 } from './network.js';
import { ROOT, answer, download } from './worker.js';

const WASM = new URL('benches/browser/node_modules/@tensorflow/tfjs-backend-wasm/dist/', ROOT);

/** @typedef {import('./network.js').Operation} Operation */

/** @type {any} */
let tf;
/** Weights and biases, by the operation's output. @type {Map<string, { weight: any, bias: any }>} */
const parameters = new Map();
/** @type {Operation[]} */
let operations;
/** @type {any} */
let input;

/** @param {Operation} operation @param {Map<string, any>} values */
function apply(operation, values) {
  const x = values.get(operation.input);
  const { weight, bias } = parameters.get(operation.output) ?? {};
  switch (operation.kind) {
    case 'convolution':
      return tf.add(tf.conv2d(x, weight, operation.stride, border(operation.padding)), bias);
    case 'maxPool':
      // Its padding is −∞ too.
      return tf.maxPool(x, operation.size, operation.stride, border(operation.padding));
    case 'relu':
      return tf.relu(x);
    case 'add':
      return tf.add(x, values.get(operation.other));
    case 'globalAveragePool':
      return tf.mean(x, [1, 2]);
    case 'linear':
      return tf.add(tf.matMul(x, weight, false, true), bias);
  }
}

/** @param {number} padding */
function border(padding) {
  return [
    [0, 0],
    [padding, padding],
    [padding, padding],
    [0, 0],
  ];
}

/** @param {any} x */
function logits(x) {
  const values = new Map([['input', x]]);
  for (const operation of operations) values.set(operation.output, apply(operation, values));
  return values.get('logits');
}

answer({
  async load({ gpu }) {
    tf = await import(new URL('target/benchmark/tensorflow.js', ROOT).href);
    tf.wasm.setWasmPaths(WASM.href);
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    const backend = gpu ? 'webgpu' : 'wasm';
    if (!(await tf.setBackend(backend)))
      throw new Error(`TensorFlow.js could not start its ${backend} backend.`);
    operations = resnet18(await download('www/models/resnet18-flowers102.safetensors'));
    for (const operation of operations) {
      if (operation.kind !== 'convolution' && operation.kind !== 'linear') continue;
      const given = tf.tensor(operation.weight, operation.shape);
      const weight = operation.kind === 'convolution' ? tf.transpose(given, [2, 3, 1, 0]) : given;
      parameters.set(operation.output, { weight, bias: tf.tensor(operation.bias) });
    }
    const first = tf.tensor(new Float32Array(await download('target/benchmark/input.f32')), [
      1,
      3,
      INPUT_SIDE,
      INPUT_SIDE,
    ]);
    input = tf.transpose(first, [0, 2, 3, 1]);
  },
  async forward() {
    const output = tf.tidy(() => logits(input));
    const values = await output.data();
    output.dispose();
    return values;
  },
  async inputGradient({ target }) {
    const gradient = tf.tidy(() =>
      tf.grad((/** @type {any} */ x) => tf.sum(tf.slice(logits(x), [0, target], [1, 1])))(input),
    );
    const values = await gradient.data();
    gradient.dispose();
    return values;
  },
});
