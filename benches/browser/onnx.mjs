// Writes a network as an ONNX model.

import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { INPUT_SIDE } from './network.js';

/** @typedef {import('./network.js').Operation} Operation */

// Versions of the format and of its operators that any runtime of the last years reads.
const IR_VERSION = 8;
const OPERATORS_VERSION = 17;
/** ONNX's number for float32. */
const FLOAT = 1;

/**
 * @param {Operation[]} operations
 * @returns {Uint8Array}
 */
export function onnxModel(operations) {
  const schema = protobuf.loadSync(fileURLToPath(new URL('onnx.proto', import.meta.url)));
  const model = schema.lookupType('onnx.ModelProto');
  const last = operations[operations.length - 1];
  const classes = last.kind === 'linear' ? last.bias.length : 0;
  const fields = {
    irVersion: IR_VERSION,
    producerName: 'gradcam benchmark',
    opsetImport: [{ domain: '', version: OPERATORS_VERSION }],
    graph: {
      name: 'resnet18',
      node: operations.flatMap(nodes),
      initializer: operations.flatMap(initializers),
      input: [valueInfo('input', [1, 3, INPUT_SIDE, INPUT_SIDE])],
      output: [valueInfo(last.output, [1, classes])],
    },
  };
  const problem = model.verify(fields);
  if (problem) throw new Error(`The ONNX model cannot be written: ${problem}.`);
  return model.encode(model.create(fields)).finish();
}

/** @param {Operation} operation */
function nodes(operation) {
  const { kind, input, output } = operation;
  const parameters = [`${output}.weight`, `${output}.bias`];
  switch (kind) {
    case 'convolution':
      return node('Conv', [input, ...parameters], output, {
        kernel_shape: [operation.shape[2], operation.shape[3]],
        ...window(operation),
      });
    case 'maxPool':
      return node('MaxPool', [input], output, {
        kernel_shape: [operation.size, operation.size],
        ...window(operation),
      });
    case 'relu':
      return node('Relu', [input], output);
    case 'add':
      return node('Add', [input, operation.other], output);
    case 'globalAveragePool':
      return [
        ...node('GlobalAveragePool', [input], `${output}.map`),
        ...node('Flatten', [`${output}.map`], output),
      ];
    case 'linear':
      return node('Gemm', [input, ...parameters], output, { transB: 1 });
  }
}

/** @param {{ stride: number, padding: number }} operation */
function window({ stride, padding }) {
  return { strides: [stride, stride], pads: [padding, padding, padding, padding] };
}

/**
 * @param {string} opType @param {string[]} input @param {string} output
 * @param {Record<string, number | number[]>} [attributes]
 */
function node(opType, input, output, attributes = {}) {
  const attribute = Object.entries(attributes).map(([name, value]) =>
    Array.isArray(value) ? { name, type: 7, ints: value } : { name, type: 2, i: value },
  );
  return [{ opType, input, output: [output], attribute }];
}

/** @param {Operation} operation */
function initializers(operation) {
  if (operation.kind !== 'convolution' && operation.kind !== 'linear') return [];
  const { output, weight, shape, bias } = operation;
  return [tensor(`${output}.weight`, shape, weight), tensor(`${output}.bias`, [bias.length], bias)];
}

/** @param {string} name @param {number[]} dims @param {Float32Array} values */
function tensor(name, dims, values) {
  return { name, dims, dataType: FLOAT, rawData: new Uint8Array(values.buffer) };
}

/** @param {string} name @param {number[]} shape */
function valueInfo(name, shape) {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}
