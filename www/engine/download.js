// Downloads with progress, a check of what arrived, and a cache of models under their hash.
import { GradCamError, aborted } from './error.js';

/** @typedef {import('../gradcam.d.ts').LoadOptions} LoadOptions */

/** A download that brings nothing for this long has stalled, in milliseconds. */
const STALL = 20_000;

const CACHE = 'gradcam-models';

/**
 * The model's bytes, from wherever they are. Given a URL and a hash, a copy is kept under that hash, so that the next
 * visit downloads nothing.
 *
 * @param {LoadOptions & { model: NonNullable<LoadOptions['model']> }} options
 * @returns {Promise<Blob>}
 */
export async function fetchModel({ model, bytes, sha256, onProgress, signal }) {
  if (model instanceof Blob) return model;
  if (model instanceof ArrayBuffer) return new Blob([model]);
  const url = new URL(model, document.baseURI);
  const kept = sha256 && (await readCache(sha256));
  if (kept && kept.size === (bytes ?? kept.size) && (await hash(kept)) === sha256) return kept;
  const blob = await download(url, bytes ?? null, onProgress, signal);
  if (bytes !== undefined && blob.size !== bytes) {
    throw new GradCamError(
      'model-download',
      `The server sent ${blob.size.toLocaleString('en')} bytes instead of the model's ${bytes.toLocaleString('en')}. Try again.`,
    );
  }
  const found = sha256 && (await hash(blob));
  if (sha256 && found && found !== sha256) {
    throw new GradCamError(
      'model-hash',
      'The model that arrived is not the one this page was built with (its SHA-256 differs). Try again.',
    );
  }
  if (sha256) await writeCache(sha256, blob);
  return blob;
}

/**
 * A photo's file as a blob, or its pixels.
 *
 * @param {import('../gradcam.d.ts').Source} source
 * @param {AbortSignal} [signal]
 * @returns {Promise<Blob | ImageData>}
 */
export async function fetchPhoto(source, signal) {
  if (source instanceof Blob || source instanceof ImageData) return source;
  if (source instanceof ArrayBuffer) return new Blob([source]);
  try {
    const response = await fetch(source, { signal });
    if (!response.ok) {
      throw new GradCamError(
        'photo-download',
        `The photo could not be fetched: the server answered ${response.status}.`,
      );
    }
    return await response.blob();
  } catch (error) {
    if (error instanceof GradCamError) throw error;
    if (signal?.aborted) throw aborted();
    throw new GradCamError('photo-download', 'The photo could not be fetched. Is the network there?');
  }
}

/**
 * @param {URL} url
 * @param {number | null} total
 * @param {LoadOptions['onProgress']} onProgress
 * @param {AbortSignal} [signal]
 */
export async function download(url, total, onProgress, signal) {
  const stall = new AbortController();
  const either = signal ? AbortSignal.any([signal, stall.signal]) : stall.signal;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const rewind = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stall.abort(), STALL);
  };
  try {
    rewind();
    const response = await fetch(url, { signal: either });
    if (!response.ok || !response.body) {
      throw new GradCamError(
        'model-download',
        `The model could not be downloaded: the server answered ${response.status}.`,
      );
    }
    const chunks = [];
    let loaded = 0;
    onProgress?.({ phase: 'download', loaded, total });
    for (const reader = response.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      rewind();
      chunks.push(value);
      loaded += value.length;
      onProgress?.({ phase: 'download', loaded, total });
    }
    return new Blob(chunks);
  } catch (error) {
    if (error instanceof GradCamError) throw error;
    if (signal?.aborted) throw aborted();
    if (stall.signal.aborted) {
      throw new GradCamError(
        'model-stalled',
        `The model's download stopped: nothing arrived for ${STALL / 1000} seconds. Try again.`,
      );
    }
    throw new GradCamError('model-download', 'The model could not be downloaded. Is the network there?');
  } finally {
    clearTimeout(timer);
  }
}

/**
 * SHA-256 in hexadecimal; `undefined` where the page is not served securely and the browser therefore offers none.
 *
 * @param {Blob} blob
 */
async function hash(blob) {
  if (!globalThis.crypto?.subtle) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {string} sha256 */
function cacheKey(sha256) {
  return new Request(new URL(`?model=${sha256}`, import.meta.url));
}

/** @param {string} sha256 */
async function readCache(sha256) {
  try {
    const cache = await caches.open(CACHE);
    return await (await cache.match(cacheKey(sha256)))?.blob();
  } catch {
    // No cache (an insecure page, a private window): the model is downloaded each time.
    return undefined;
  }
}

/**
 * @param {string} sha256
 * @param {Blob} blob
 */
async function writeCache(sha256, blob) {
  try {
    const cache = await caches.open(CACHE);
    await cache.put(cacheKey(sha256), new Response(blob));
  } catch {
    // A full disk must not stand between the visitor and the explanation.
  }
}
