// Runs the comparison inside a worker, and starts it as the site starts its engine: a page may not wait for threads.

const THREADS = 2;

/** Which of the module's comparisons: the worker's name says it. */
const COMPARISON = self.name;

/** @param {string} path */
function here(path) {
  return new URL(path, location.href);
}

async function compare() {
  const { startBuild } = await import(here('www/engine/start.js').href);
  const { engine } = await startBuild(here('parity.js'), THREADS);
  /** @param {string} path */
  const bytes = async (path) => new Uint8Array(await (await fetch(here(path))).arrayBuffer());
  return engine[COMPARISON](await bytes('given'), await bytes('reference'));
}

compare().then(
  (json) => self.postMessage({ json }),
  (error) => self.postMessage({ error: String(error) }),
);
