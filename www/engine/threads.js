// Starts the engine's threads: workers of the engine's worker, each with an instance of its module on its memory.
import { startWorker } from './bound-worker.js';

/** @typedef {import('./protocol.d.ts').ThreadPost} ThreadPost */

/** Milliseconds until a thread that has not started is given up. */
const PATIENCE = 10_000;

/**
 * @param {typeof import('../wasm/threads/gradcam.js')} engine
 * @param {Omit<ThreadPost, 'alarm'>} post
 * @param {number} count in all; the worker that calls is one of them
 */
export async function startThreads(engine, post, count) {
  const workers = Array.from({ length: count - 1 }, (_, index) =>
    startWorker(new URL('./thread.js', import.meta.url), `gradcam-thread-${index + 1}`),
  );
  try {
    await Promise.all(workers.map(({ worker }) => ready(worker, post)));
    engine.startThreads(count);
  } catch (error) {
    workers.forEach(({ stop }) => stop());
    throw error;
  }
}

/**
 * @param {Worker} worker
 * @param {Omit<ThreadPost, 'alarm'>} post
 * @returns {Promise<void>}
 */
function ready(worker, post) {
  // By the time a thread breaks down, this worker waits for it and hears nothing: the page has to.
  const { port1: heard, port2: alarm } = new MessageChannel();
  self.postMessage({ alarm: heard }, { transfer: [heard] });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('a thread did not start in time')), PATIENCE);
    /** @param {Error} [error] */
    const settle = (error) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve();
    };
    worker.addEventListener('message', ({ data }) => settle(data.error && new Error(data.error)));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      settle(new Error('a thread could not be started'));
    });
    worker.postMessage({ ...post, alarm }, [alarm]);
  });
}
