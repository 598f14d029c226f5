// What a network is, in a line.

import { megabytes } from '../format.js';

/** @typedef {import('../../gradcam.js').Model} Model */
/** @typedef {import('../../checkpoint/checkpoint.js').Checkpoint} Checkpoint */

/** Known architectures as their papers write them. @param {string} architecture */
export function architectureName(architecture) {
  const depth = /^resnet(\d+)$/.exec(architecture);
  return depth ? `ResNet-${depth[1]}` : architecture;
}

/** @param {number} count */
function classes(count) {
  return count === 1 ? '1 class' : `${count.toLocaleString('en')} classes`;
}

/** @param {Pick<Model, 'architecture' | 'labels' | 'parameters'>} model */
export function modelFacts({ architecture, labels, parameters }) {
  const millions = (parameters / 1e6).toFixed(1);
  return `${architectureName(architecture)}, ${classes(labels.length)}, ${millions} million parameters`;
}

/** @param {import('../../checkpoint/shelf.js').Kept} kept */
export function keptFacts({ architecture, classes: count, bytes }) {
  return `${architectureName(architecture)}, ${classes(count)}, ${megabytes(bytes)} MB`;
}

/** Whether nobody has named the classes. @param {Pick<Model, 'labels'>} model */
export function isUnnamed({ labels }) {
  return labels.every((label, index) => label === `class ${index}`);
}
