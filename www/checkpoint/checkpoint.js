// A model that the page can be told to use: the one it ships, or a file of the visitor's.

/** @typedef {import('../gradcam.js').ModelOptions} ModelOptions */

/**
 * @typedef {object} Checkpoint
 * @property {string} name as it is shown: the file's
 * @property {Blob | null} file null for the model that the site ships
 * @property {ModelOptions} options what the file does not say
 * @property {URL | null} address where it came from, if by its address
 */

/** The model that the site ships. @type {Checkpoint} */
export const SHIPPED = { name: 'Oxford Flowers-102', file: null, options: {}, address: null };

/** By its name: `.bin` and `.ckpt` are other names for what `.pth` is. @param {string} name */
export function isCheckpointName(name) {
  return /\.(safetensors|pth|pt|ckpt|bin)$/i.test(name);
}

/** By its name, what may hold class names. @param {string} name */
export function isLabelsName(name) {
  return /\.(json|txt)$/i.test(name);
}

/** @param {string} name @param {Blob} file @param {URL | null} [address] @returns {Checkpoint} */
export function ownCheckpoint(name, file, address = null) {
  return { name, file, options: {}, address };
}
