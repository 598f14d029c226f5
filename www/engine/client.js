// The page's side of the engine: starts the worker, sends it requests, and hands out what comes back.
import { startWorker } from './bound-worker.js';
import { fetchModel, fetchPhoto } from './download.js';
import { GradCamError, aborted } from './error.js';
import { plan } from './flavour.js';

/**
 * @typedef {import('../gradcam.d.ts').LoadOptions} LoadOptions
 * @typedef {import('../gradcam.d.ts').Source} Source
 * @typedef {import('../gradcam.d.ts').ExplainOptions} ExplainOptions
 * @typedef {import('../gradcam.d.ts').Explanation} Explanation
 * @typedef {import('../gradcam.d.ts').PaintOptions} PaintOptions
 * @typedef {import('./protocol.d.ts').Plan} Plan
 * @typedef {import('./protocol.d.ts').Request} Request
 * @typedef {import('./protocol.d.ts').Reply} Reply
 */

/** A decoded photo, and where its bytes are, should the worker have moved on to another. */
class Photo {
  /**
   * @param {number} token
   * @param {Blob} blob
   * @param {import('./protocol.d.ts').Opened} opened
   */
  constructor(token, blob, opened) {
    this.token = token;
    this.blob = blob;
    this.image = new ImageData(new Uint8ClampedArray(opened.pixels), opened.width, opened.height);
    this.geometry = opened.geometry;
    this.decode = opened.decode;
  }
}

/** See `gradcam.d.ts`. */
export class GradCam {
  /**
   * @param {LoadOptions} options
   * @returns {Promise<GradCam>}
   */
  static async load(options) {
    const engine = plan(options);
    if (engine.flavours.length === 0) {
      throw new GradCamError(
        'unsupported-browser',
        'This browser lacks WebAssembly with SIMD, which the network needs. Any browser of 2024 or later has it.',
      );
    }
    // Started first, so that the engine compiles while the model downloads.
    const connection = new Connection(engine);
    try {
      const model = await fetchModel(options);
      options.onProgress?.({ phase: 'prepare', loaded: model.size, total: model.size });
      const cam = new GradCam(engine, connection, model, options.labels);
      await cam.#prepare(options.signal);
      return cam;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  #plan;
  #connection;
  #modelBlob;
  #labels;
  #nextToken = 1;
  /** @type {import('../gradcam.d.ts').Model | undefined} */
  #model;
  /** @type {import('../gradcam.d.ts').Engine | undefined} */
  #engine;
  #disposed = false;

  /**
   * @param {Plan} plan
   * @param {Connection} connection
   * @param {Blob} model
   * @param {string[]} [labels]
   */
  constructor(plan, connection, model, labels) {
    this.#plan = plan;
    this.#connection = connection;
    this.#modelBlob = model;
    this.#labels = labels;
  }

  get model() {
    return /** @type {import('../gradcam.d.ts').Model} */ (this.#model);
  }

  get engine() {
    return /** @type {import('../gradcam.d.ts').Engine} */ (this.#engine);
  }

  /** @param {AbortSignal} [signal] */
  async #prepare(signal) {
    const { model, engine } = await this.#connection.ask(
      { kind: 'load', model: this.#modelBlob, labels: this.#labels },
      signal,
    );
    this.#model = model;
    this.#engine = engine;
  }

  /**
   * Asks the worker. A worker that broke down is replaced first: one photo too many does not cost the next one.
   *
   * @template {Request} R
   * @param {R} request
   * @param {AbortSignal} [signal]
   */
  async #ask(request, signal) {
    if (this.#disposed) throw new GradCamError('aborted', 'This GradCam has been disposed of.');
    if (this.#connection.broken) {
      this.#connection.close();
      this.#connection = new Connection(this.#plan);
      // Not awaited: the worker answers in order, and a failure shows in the request below as well.
      this.#prepare().catch(() => {});
    }
    return this.#connection.ask(request, signal);
  }

  /**
   * @param {Source} source
   * @param {{ signal?: AbortSignal }} [options]
   */
  async open(source, { signal } = {}) {
    const blob = await fetchPhoto(source, signal);
    const token = this.#nextToken++;
    const opened = await this.#ask({ kind: 'open', photo: { token, blob } }, signal);
    return new Photo(token, blob, opened);
  }

  /**
   * @param {Source | import('../gradcam.d.ts').Photo} photo
   * @param {ExplainOptions} [options]
   * @returns {Promise<Explanation>}
   */
  async explain(photo, { layer, method, target, topK, signal } = {}) {
    const handle = await this.#handle(photo, signal);
    const options = { layer, method, target, topK };
    const explanation = await this.#ask({ kind: 'explain', photo: handle, options }, signal);
    return { ...explanation, engine: this.engine };
  }

  /**
   * @param {Source | import('../gradcam.d.ts').Photo} photo
   * @param {{ signal?: AbortSignal }} [options]
   */
  async classMaps(photo, { signal } = {}) {
    const handle = await this.#handle(photo, signal);
    return this.#ask({ kind: 'class-maps', photo: handle }, signal);
  }

  /**
   * @param {Source | import('../gradcam.d.ts').Photo} photo
   * @param {AbortSignal} [signal]
   * @returns {Promise<import('./protocol.d.ts').PhotoHandle>}
   */
  async #handle(photo, signal) {
    if (photo instanceof Photo) return { token: photo.token, blob: photo.blob };
    const blob = await fetchPhoto(/** @type {Source} */ (photo), signal);
    return { token: this.#nextToken++, blob };
  }

  /**
   * @param {Pick<import('../gradcam.d.ts').ClassMap, 'width' | 'height' | 'values'>} map
   * @param {PaintOptions} options
   */
  async paint(
    { width: columns, height: rows, values },
    { colors = 'turbo', scale = 'positive', width, height },
  ) {
    const pixels = await this.#ask({ kind: 'paint', columns, rows, values, colors, scale, width, height });
    return new ImageData(new Uint8ClampedArray(pixels), width, height);
  }

  /** @param {{ colors?: import('../gradcam.d.ts').Colors, scale?: import('../gradcam.d.ts').Scale, count: number }} options */
  async legend({ colors = 'turbo', scale = 'positive', count }) {
    const pixels = await this.#ask({ kind: 'legend', colors, scale, count });
    return new ImageData(new Uint8ClampedArray(pixels), count, 1);
  }

  memory() {
    return this.#ask({ kind: 'memory' });
  }

  dispose() {
    this.#disposed = true;
    this.#connection.close();
  }
}

/** One worker, and the requests it has not answered yet. */
class Connection {
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: GradCamError) => void }>} */
  #waiting = new Map();
  #nextId = 1;
  #worker;
  #stop;
  /** Whether the worker cannot be asked any more. */
  broken = false;

  /** @param {Plan} plan */
  constructor(plan) {
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
    this.ask({ kind: 'start', plan }).catch(() => {});
  }

  /**
   * @template {Request} R
   * @param {R} request
   * @param {AbortSignal} [signal]
   * @returns {Promise<import('./protocol.d.ts').Answers[R['kind']]>}
   */
  ask(request, signal) {
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
      });
      this.#worker.postMessage({ id, ...request });
    });
  }

  close() {
    this.#stop();
    this.#breakDown(aborted());
  }

  /** @param {Reply} reply */
  #settle({ id, result, error, crashed }) {
    const waiting = this.#waiting.get(id);
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
