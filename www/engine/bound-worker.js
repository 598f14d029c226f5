// Workers that are bound by the page's policy.

/**
 * Starts a module as a worker. By way of a blob, for one reason: a worker made from one inherits the
 * Content-Security-Policy of whoever makes it, and so cannot reach another origin either. A worker loaded from a URL is
 * bound by no policy on a static host.
 *
 * @param {URL} module
 * @param {string} name for the developer tools
 */
export function startWorker(module, name) {
  const code = `import ${JSON.stringify(module.href)};`;
  const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  const worker = new Worker(url, { type: 'module', name });
  const stop = () => {
    worker.terminate();
    URL.revokeObjectURL(url);
  };
  return { worker, stop };
}
