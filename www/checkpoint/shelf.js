// Models of the visitor's that are kept on this device, under the hash of their file, until they are removed.

import { GradCamError } from '../gradcam.js';

/** @typedef {import('./checkpoint.js').Checkpoint} Checkpoint */
/** @typedef {import('../gradcam.js').Model} Model */

/**
 * What is known of a kept model without opening it.
 *
 * @typedef {object} Kept
 * @property {string} sha256
 * @property {string} name
 * @property {number} bytes
 * @property {string} architecture
 * @property {number} classes
 * @property {Checkpoint['options']} options
 */

const CACHE = 'gradcam-own-models';
const PREFIX = '?own-model=';
/** Holds what is known of it, as JSON in an encoding that headers may have. */
const HEADER = 'X-Model';

/** @param {string} sha256 */
function keyOf(sha256) {
  return new Request(new URL(PREFIX + sha256, document.baseURI));
}

/** Whether anything can be kept: not on insecure pages, nor in some private windows. */
export function canKeep() {
  return typeof caches !== 'undefined';
}

/**
 * Keeps a model, or what is now known of it.
 *
 * @param {Checkpoint & { file: Blob }} checkpoint
 * @param {Pick<Model, 'sha256' | 'architecture' | 'labels'>} model
 */
export async function keep({ name, file, options }, { sha256, architecture, labels }) {
  if (!sha256) return;
  const kept = { sha256, name, bytes: file.size, architecture, classes: labels.length, options };
  try {
    const cache = await caches.open(CACHE);
    const headers = { [HEADER]: encodeURIComponent(JSON.stringify(kept)) };
    await cache.put(keyOf(sha256), new Response(file, { headers }));
  } catch {
    throw new GradCamError('internal', 'The model could not be kept: the browser has no room for it here.');
  }
}

/** What is kept, by name. @returns {Promise<Kept[]>} */
export async function kept() {
  try {
    const cache = await caches.open(CACHE);
    const requests = await cache.keys();
    const answers = await Promise.all(
      requests.filter(({ url }) => url.startsWith(keyOf('').url)).map((request) => cache.match(request)),
    );
    return answers
      .flatMap((answer) => aboutOf(answer) ?? [])
      .sort((one, other) => one.name.localeCompare(other.name));
  } catch {
    return [];
  }
}

/** @param {Response | undefined} answer @returns {Kept | null} */
function aboutOf(answer) {
  try {
    return JSON.parse(decodeURIComponent(answer?.headers.get(HEADER) ?? ''));
  } catch {
    // Not written by this page.
    return null;
  }
}

/**
 * A kept model, to be used.
 *
 * @param {Kept} about
 * @returns {Promise<Checkpoint>}
 */
export async function take({ sha256, name, options }) {
  const answer = await (await caches.open(CACHE)).match(keyOf(sha256));
  if (!answer) throw new GradCamError('internal', `“${name}” is no longer kept on this device.`);
  return { name, file: await answer.blob(), options, address: null };
}

/** @param {Pick<Kept, 'sha256'>} about */
export async function remove({ sha256 }) {
  await (await caches.open(CACHE)).delete(keyOf(sha256));
}
