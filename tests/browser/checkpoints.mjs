// Checkpoints for the tests, made from the model that the site ships: small changes to a real network.

import { readFileSync } from 'node:fs';
import { MODEL } from './references.mjs';
import { join, split } from './safetensors.mjs';

/** Tensors of the head: the only ones that know how many classes there are. */
const HEAD = ['fc.weight', 'fc.bias'];

/**
 * The shipped model with the rows of some of its classes only, and without any metadata but what is given.
 *
 * @param {number[]} classes in the new order
 * @param {Record<string, string>} [metadata]
 * @returns {Buffer} a `.safetensors` file
 */
export function withClasses(classes, metadata) {
  const { header, data } = split(readFileSync(MODEL));
  /** @type {import('./safetensors.mjs').Header} */
  const changed = /** @type {any} */ (metadata ? { __metadata__: metadata } : {});
  const pieces = [];
  let length = 0;
  for (const [name, tensor] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [start, end] = tensor.data_offsets;
    let { shape } = tensor;
    let piece = data.subarray(start, end);
    if (HEAD.includes(name)) {
      const row = piece.length / shape[0];
      piece = Buffer.concat(classes.map((index) => piece.subarray(index * row, (index + 1) * row)));
      shape = [classes.length, ...shape.slice(1)];
    }
    changed[name] = { ...tensor, shape, data_offsets: [length, length + piece.length] };
    pieces.push(piece);
    length += piece.length;
  }
  return join(changed, Buffer.concat(pieces));
}
