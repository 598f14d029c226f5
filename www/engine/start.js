// Starts the engine inside its worker: the first flavour that downloads, compiles and runs.

/** @typedef {import('./protocol.d.ts').Plan} Plan */
/** @typedef {typeof import('../wasm/threads/gradcam.js')} Glue */

/**
 * What the engine exports, and its memory. The flavours export the same, but for what starts threads.
 *
 * @param {Plan} plan
 * @returns {Promise<{ engine: Glue, memory: WebAssembly.Memory }>}
 */
export async function start({ flavours, threads }) {
  for (const flavour of flavours) {
    try {
      return await startBuild(new URL(`../wasm/${flavour}/gradcam.js`, import.meta.url), threads);
    } catch (error) {
      console.warn(`The engine's flavour “${flavour}” could not be started: ${error}`);
    }
  }
  const message =
    'The engine could not be started. Reload the page; if that does not help, try another browser.';
  throw Object.assign(new Error(message), { code: 'internal' });
}

/**
 * Starts what wasm-bindgen made: `name.js` and, beside it, `name_bg.wasm`.
 *
 * @param {URL} glue the former
 * @param {number} threads if it is built for them
 */
export async function startBuild({ href: glue }, threads) {
  // Both at once: neither waits for the other to arrive.
  const [engine, module] = await Promise.all([
    /** @type {Promise<Glue>} */ (import(glue)),
    compile(glue.replace(/\.js$/, '_bg.wasm')),
  ]);
  const { memory } = await engine.default({ module_or_path: module });
  if ('startThreads' in engine) {
    const { startThreads } = await import('./threads.js');
    await startThreads(engine, { glue, module, memory }, threads);
  }
  return { engine, memory };
}

/** @param {string} url */
async function compile(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  // Compiling while it arrives needs the right type, which not every host sends.
  return response.headers.get('Content-Type') === 'application/wasm'
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}
