// One thread of the engine, for as long as the engine's worker lives.

/** @typedef {import('./protocol.d.ts').ThreadPost} ThreadPost */

/** @param {ThreadPost} post */
async function serve({ glue, module, memory, alarm }) {
  /** @type {typeof import('../wasm/threads/gradcam.js')} */
  let engine;
  try {
    engine = await import(glue);
    await engine.default({ module_or_path: module, memory });
  } catch (error) {
    self.postMessage({ error: String(error) });
    return;
  }
  self.postMessage({});
  try {
    // Returns only by a trap.
    engine.serveThread();
  } catch {
    alarm.postMessage(null);
  }
}

self.addEventListener('message', ({ data }) => void serve(data), { once: true });
