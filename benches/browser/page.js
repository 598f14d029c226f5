// The page of the benchmark: owns the workers, and passes tasks on to them, one at a time.

/** @type {Map<string, Worker>} */
const workers = new Map();

/**
 * Has a worker do a task, and starts it before its first.
 * @param {{ worker: string, script: string, task: string, options?: object }} request
 * @returns {Promise<{ milliseconds: number, result: any }>}
 */
export function ask({ worker: name, script, task, options }) {
  const worker = workers.get(name) ?? new Worker(script, { type: 'module', name });
  workers.set(name, worker);
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if (data.alarm) {
        // The engine's, should one of its threads break down: whoever waits for it would wait for ever.
        data.alarm.onmessage = () =>
          worker.dispatchEvent(new ErrorEvent('error', { message: 'a thread broke down' }));
        return;
      }
      if (data.error) reject(new Error(`${name}, ${task}: ${data.error}`));
      else resolve(data);
    };
    worker.onerror = ({ message }) =>
      reject(new Error(`${name}, ${task}: ${message || 'no worker could be started'}.`));
    worker.postMessage({ task, options });
  });
}

Object.assign(globalThis, { ask });
