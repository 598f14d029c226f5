// Something asked of the engine for a view: at most one at a time, the newest, and only what is still wanted is told.

import { GradCamError } from '../../gradcam.js';

/** Those that others must not wait for. @type {Set<Task>} */
const longTasks = new Set();

/** Gives up all that would keep the page's own questions waiting. */
export function stopLongTasks() {
  longTasks.forEach((task) => task.stop());
}

/** What is being computed, and for what. */
export class Task {
  #key = '';
  /** @type {AbortController | null} */
  #running = null;

  /** @param {{ long?: boolean }} [options] `long`: given up as soon as the user asks for something else */
  constructor({ long = false } = {}) {
    if (long) longTasks.add(this);
  }

  /** Whether something is being computed. */
  get busy() {
    return this.#running !== null;
  }

  /** What the last `run` was for. */
  get key() {
    return this.#key;
  }

  /**
   * Gives up what is running, and starts `work`. Its promise is settled by one call of `done` or `failed`, or by none,
   * where it was given up.
   *
   * @template T
   * @param {string} key
   * @param {(signal: AbortSignal) => Promise<T>} work
   * @param {{ done: (result: T) => void, failed: (error: unknown) => void }} told
   */
  async run(key, work, { done, failed }) {
    this.stop();
    const mine = new AbortController();
    this.#key = key;
    this.#running = mine;
    try {
      const result = await work(mine.signal);
      if (this.#running !== mine) return;
      this.#running = null;
      done(result);
    } catch (error) {
      if (this.#running !== mine) return;
      this.#running = null;
      if (error instanceof GradCamError && error.code === 'aborted') return;
      failed(error);
    }
  }

  /** Gives up what is running. */
  stop() {
    this.#running?.abort();
    this.#running = null;
  }

  /** Gives up what is running, and forgets for what. */
  reset() {
    this.stop();
    this.#key = '';
  }
}

/** @type {WeakMap<object, number>} */
const numbers = new WeakMap();
let next = 1;

/**
 * A number for each object, the same whenever it is asked: what makes a key of a photo.
 *
 * @param {object} subject
 */
export function numberOf(subject) {
  const known = numbers.get(subject);
  if (known) return known;
  numbers.set(subject, next);
  return next++;
}
