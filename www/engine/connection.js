// One worker and the page's end of the line to it: numbers the requests, and settles them as the answers come in.
import { startWorker } from './bound-worker.js';
import { GradCamError, aborted } from './error.js';

/**
 * @typedef {import('./protocol.d.ts').Request} Request
 * @typedef {import('./protocol.d.ts').Reply} Reply
 */

/** One worker, and the requests it has not answered yet. */
export class Connection {
  /**
   * @type {Map<number, {
   *   resolve: (result: any) => void,
   *   reject: (error: GradCamError) => void,
   *   listen?: (news: any) => void,
   * }>}
   */
  #waiting = new Map();
  #nextId = 1;
  #worker;
  #stop;
  /** Whether the worker cannot be asked any more. */
  broken = false;

  /**
   * @param {import('./protocol.d.ts').Plan} plan
   * @param {import('../gradcam.d.ts').WantedEngine} asked
   */
  constructor(plan, asked) {
    const { worker, stop } = startWorker(new URL('./worker.js', import.meta.url), 'gradcam');
    this.#worker = worker;
    this.#stop = stop;
    this.#worker.addEventListener('message', ({ data }) => {
      if (data.alarm) this.#watch(data.alarm);
      else this.#settle(data);
    });
    this.#worker.addEventListener('error', (event) => {
      // Without this the browser would report it once more.
      event.preventDefault();
      this.#breakDown(
        new GradCamError(
          'internal',
          'The engine could not be started. Reload the page; if that does not help, try another browser.',
        ),
      );
    });
    // Not awaited: where the engine does not start, every later request says why.
    this.ask({ kind: 'start', plan, asked }).catch(() => {});
  }

  /**
   * @template {Request} R
   * @param {R} request
   * @param {AbortSignal} [signal]
   * @param {(news: any) => void} [listen]
   * @returns {Promise<import('./protocol.d.ts').Answers[R['kind']]>}
   */
  ask(request, signal, listen) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(aborted());
      if (this.broken) return reject(new GradCamError('internal', 'The engine is not running.'));
      const id = this.#nextId++;
      const giveUp = () => {
        this.#waiting.delete(id);
        this.#worker.postMessage({ kind: 'forget', id });
        reject(aborted());
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      const finish = () => signal?.removeEventListener('abort', giveUp);
      this.#waiting.set(id, {
        resolve: (result) => (finish(), resolve(result)),
        reject: (error) => (finish(), reject(error)),
        listen,
      });
      this.#worker.postMessage({ id, ...request });
    });
  }

  close() {
    this.#stop();
    this.#breakDown(aborted());
  }

  /** @param {Reply} reply */
  #settle({ id, news, result, error, crashed }) {
    const waiting = this.#waiting.get(id);
    if (news) return waiting?.listen?.(news);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new GradCamError(error.code, error.message));
    else waiting?.resolve(result);
    if (crashed) this.#breakDown(restarting());
  }

  /** @param {MessagePort} alarm of a thread, which breaks down unheard by the worker that waits for it */
  #watch(alarm) {
    alarm.addEventListener('message', () => this.#breakDown(restarting()));
    alarm.start();
  }

  /** @param {GradCamError} error */
  #breakDown(error) {
    this.broken = true;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function restarting() {
  return new GradCamError('internal', 'The engine had to be restarted. Please try again.');
}
