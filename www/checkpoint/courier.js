// Brings a model from wherever it is on the web, by a worker of its own (see there why).

import { GradCamError } from '../gradcam.js';

/** @typedef {import('../gradcam.js').Progress} Progress */

/**
 * @param {URL} address
 * @param {(progress: Progress) => void} onProgress
 * @param {AbortSignal} [signal]
 * @returns {Promise<Blob>}
 */
export function bring(address, onProgress, signal) {
  const worker = new Worker(new URL('./courier-worker.js', import.meta.url), {
    type: 'module',
    name: 'courier',
  });
  /** @type {Promise<Blob>} */
  const brought = new Promise((resolve, reject) => {
    const failed = () =>
      reject(
        new GradCamError('model-download', 'The model could not be fetched. Reload the page to try again.'),
      );
    signal?.addEventListener('abort', () => reject(new GradCamError('aborted', 'The request was aborted.')), {
      once: true,
    });
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      failed();
    });
    worker.addEventListener('message', ({ data: { progress, blob, error } }) => {
      if (progress) onProgress(progress);
      else if (blob) resolve(blob);
      else if (error.code === 'model-download')
        reject(new GradCamError(error.code, explained(error.message, address)));
      else reject(new GradCamError(error.code, error.message));
    });
    worker.postMessage(address.href);
  });
  return brought.finally(() => worker.terminate());
}

/**
 * A browser does not tell pages why a host could not be reached; that it does not allow it is as likely as anything.
 *
 * @param {string} message
 * @param {URL} address
 */
function explained(message, { host, origin }) {
  if (/answered/.test(message)) return message;
  const allowed =
    origin === location.origin ? '' : `, or ${host} does not allow other sites to read it (CORS)`;
  return `The model could not be fetched from ${host}: either it is not there${allowed}. You can download it and choose the file.`;
}

/**
 * The address that somebody typed, or that the page was opened with.
 *
 * @param {string} text
 * @returns {URL | null} null where it is none that models can be fetched from
 */
export function modelAddress(text) {
  const address = URL.canParse(text, document.baseURI) ? new URL(text, document.baseURI) : null;
  return address && /^https?:$/.test(address.protocol) ? address : null;
}
