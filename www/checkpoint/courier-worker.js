// Fetches a model from another origin, and knows of nothing else: this worker is given an address, and gives back bytes.
//
// The page, and the engine that sees photos, may not speak with any other origin: their policy forbids it. A worker that is
// loaded from a URL, as this one is, is bound by the policy of its own answer, on a static host by none; so the one who may
// reach other hosts is the one who never has anything to tell them.

import { download } from '../engine/download.js';

self.addEventListener(
  'message',
  async ({ data: address }) => {
    try {
      const onProgress = (/** @type {unknown} */ progress) => self.postMessage({ progress });
      self.postMessage({ blob: await download(new URL(address), null, onProgress) });
    } catch (error) {
      const { code, message } = /** @type {import('../gradcam.js').GradCamError} */ (error);
      self.postMessage({ error: { code, message } });
    }
  },
  { once: true },
);
