// The page's side of the engine: one network, which is asked through a worker, and the answers as the library gives them.
import { Connection } from './connection.js';
import { fetchModel, fetchPhoto } from './download.js';
import { GradCamError } from './error.js';
import { plan } from './flavour.js';
import { fetchManifest } from './manifest.js';
import { Photo } from './photo.js';
import { Scores } from './scores.js';
import { rememberTiming, rememberedTimings } from './timings.js';

/** How many classes an explanation lists where nobody says. */
const LISTED = 5;

/**
 * @typedef {import('../gradcam.d.ts').LoadOptions} LoadOptions
 * @typedef {import('../gradcam.d.ts').Source} Source
 * @typedef {import('../gradcam.d.ts').ExplainOptions} ExplainOptions
 * @typedef {import('../gradcam.d.ts').EngineChoice} EngineChoice
 * @typedef {import('../gradcam.d.ts').Explanation} Explanation
 * @typedef {import('../gradcam.d.ts').PaintOptions} PaintOptions
 * @typedef {import('./protocol.d.ts').Plan} Plan
 * @typedef {import('./protocol.d.ts').Request} Request
 */

/** Numbers of photos and archives: of all engines of a page, as a photo may go from one to the other. */
let nextToken = 1;

const BROKEN_DOWN = 'The engine broke down with the GPU, so the CPU has taken over.';

/** See `gradcam.d.ts`. */
export class GradCam {
  /**
   * @param {LoadOptions} [options]
   * @returns {Promise<GradCam>}
   */
  static async load(options = {}) {
    const engine = plan(options);
    if (engine.flavours.length === 0) {
      throw new GradCamError(
        'unsupported-browser',
        'This browser lacks WebAssembly with SIMD, which the network needs. Any browser of 2024 or later has it.',
      );
    }
    const cam = new GradCam(engine, options);
    try {
      cam.#modelBlob = await fetchModel(await withModel(options));
      const { size } = cam.#modelBlob;
      options.onProgress?.({ phase: 'prepare', loaded: size, total: size });
      await cam.#prepare(options.signal).catch((error) => {
        // A GPU that takes the worker down with it costs a second start, not the page.
        if (!cam.#connection.broken || cam.#asked === 'cpu') throw error;
        return cam.#restart(options.signal);
      });
      return cam;
    } catch (error) {
      cam.dispose();
      throw error;
    }
  }

  #plan;
  #connection;
  #modelBlob = new Blob();
  #modelOptions;
  /** @type {import('../gradcam.d.ts').Model | undefined} */
  #model;
  #asked;
  /** @type {EngineChoice | undefined} */
  #choice;
  /** How the GPU failed since it was last asked for: until then it is not tried again. @type {string | null} */
  #failure = null;
  #disposed = false;

  /**
   * @param {Plan} plan
   * @param {LoadOptions} options
   */
  constructor(plan, { labels, inputSize, resize, mean, std, output, engine = 'auto' }) {
    this.#plan = plan;
    this.#modelOptions = { labels, inputSize, resize, mean, std, output };
    this.#asked = engine;
    // At once, so that the engine compiles while the model downloads.
    this.#connection = new Connection(plan, engine);
  }

  get model() {
    return /** @type {import('../gradcam.d.ts').Model} */ (this.#model);
  }

  get choice() {
    return /** @type {EngineChoice} */ (this.#choice);
  }

  get engine() {
    return this.choice.engine;
  }

  /** @param {AbortSignal} [signal] */
  async #prepare(signal) {
    const asked = this.#failure ? 'cpu' : this.#asked;
    const { model, choice } = await this.#connection.ask(
      { kind: 'load', model: this.#modelBlob, options: this.#modelOptions, wish: wish(asked) },
      signal,
    );
    this.#model = model;
    this.#chosen({ ...choice, asked: this.#asked, reason: this.#failure ?? choice.reason });
  }

  /** @param {EngineChoice} choice */
  #chosen(choice) {
    this.#choice = choice;
    if (choice.timing) rememberTiming(choice.timing);
  }

  /**
   * Starts anew after a breakdown: on the CPU, if it may have been the GPU's.
   *
   * @param {AbortSignal} [signal]
   */
  #restart(signal) {
    if (this.#choice?.engine.kind !== 'cpu' && this.#asked !== 'cpu') {
      this.#failure ??= BROKEN_DOWN;
    }
    this.#connection.close();
    this.#connection = new Connection(this.#plan, this.#failure ? 'cpu' : this.#asked);
    return this.#prepare(signal);
  }

  /**
   * Asks the worker. A worker that broke down is replaced first: one photo too many does not cost the next one.
   *
   * @template {Request} R
   * @param {R} request
   * @param {AbortSignal} [signal]
   * @param {(news: any) => void} [listen]
   */
  async #ask(request, signal, listen) {
    if (this.#disposed) throw new GradCamError('aborted', 'This GradCam has been disposed of.');
    if (this.#connection.broken) {
      // Not awaited: the worker answers in order, and a failure shows in the request below as well.
      this.#restart().catch(() => {});
    }
    return this.#connection.ask(request, signal, listen);
  }

  /** @param {EngineChoice['asked']} asked */
  async chooseEngine(asked) {
    try {
      const choice = await this.#ask({ kind: 'choose-engine', wish: wish(asked) });
      this.#asked = asked;
      this.#failure = null;
      this.#chosen(choice);
    } catch (error) {
      if (!this.#connection.broken || asked === 'cpu') throw error;
      // A GPU that takes the worker down with it is a reason like any other.
      this.#asked = asked;
      this.#failure = BROKEN_DOWN;
      await this.#restart();
    }
    return this.choice;
  }

  /**
   * @param {Source} source
   * @param {{ signal?: AbortSignal }} [options]
   */
  async open(source, { signal } = {}) {
    const handle = await this.#handle(source, signal);
    return new Photo(handle, await this.#ask({ kind: 'open', photo: handle }, signal));
  }

  /**
   * @param {Source | import('../gradcam.d.ts').Photo} photo
   * @param {ExplainOptions} [options]
   * @returns {Promise<Explanation>}
   */
  async explain(photo, { layer, method, target, topK = LISTED, onProgress, signal } = {}) {
    const handle = await this.#handle(photo, signal);
    const options = { layer, method, target };
    const explained = await this.#ask({ kind: 'explain', photo: handle, options }, signal, onProgress);
    this.#noteFallback(explained);
    return this.#named(explained, topK);
  }

  /**
   * With names and probabilities, where the worker knows classes by their number alone.
   *
   * @param {import('./protocol.d.ts').Explained} explained
   * @param {number} topK
   * @returns {Explanation}
   */
  #named({ target, references, ...explained }, topK) {
    const scores = new Scores(explained.logits, this.model);
    return {
      ...explained,
      predictions: scores.best(topK),
      target: scores.of(target),
      references: references.map((index) => scores.of(index)),
    };
  }

  /** Takes note where the CPU answered in place of the GPU. @param {import('./protocol.d.ts').Explained} explained */
  #noteFallback({ engine, fallback }) {
    if (this.engine.kind !== 'webgpu' || engine.kind !== 'cpu') return;
    // Without a word of it where the request that lost the GPU was given up meanwhile.
    this.#failure = fallback ?? 'The GPU failed, so the CPU has taken over.';
    this.#choice = { ...this.choice, engine, reason: this.#failure };
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
   * @param {{ method?: import('../gradcam.d.ts').LayerMethod, target?: number, signal?: AbortSignal }} [options]
   */
  async layerMaps(photo, { method, target, signal } = {}) {
    const handle = await this.#handle(photo, signal);
    return this.#ask({ kind: 'layer-maps', photo: handle, options: { method, target } }, signal);
  }

  /**
   * @param {Source} photo
   * @param {import('../gradcam.d.ts').SurveyOptions} [options]
   */
  async survey(photo, { expected, layer, method, colors, side = 160, signal } = {}) {
    const source = await fetchPhoto(photo, signal);
    const options = { expected, layer, method, colors, side };
    const survey = await this.#ask({ kind: 'survey', source, options }, signal);
    const { explanation, margin, spread } = survey;
    this.#noteFallback(explanation);
    return {
      explanation: this.#named(explanation, LISTED),
      expected:
        survey.expected === null ? null : new Scores(explanation.logits, this.model).of(survey.expected),
      margin,
      spread,
      overlay: new ImageData(new Uint8ClampedArray(survey.overlay), side, side),
    };
  }

  /** @param {Blob} source @returns {Promise<import('../gradcam.d.ts').Archive>} */
  async openArchive(source) {
    const archive = { token: nextToken++, source };
    const names = await this.#ask({ kind: 'open-archive', archive });
    return {
      names,
      read: async (index, { signal } = {}) =>
        new Blob([await this.#ask({ kind: 'read-archive', archive, index }, signal)]),
    };
  }

  /** @param {string} text */
  parseLabels(text) {
    return this.#ask({ kind: 'parse-labels', text });
  }

  /**
   * @param {Source | import('../gradcam.d.ts').Photo} photo
   * @param {import('../gradcam.d.ts').CompareOptions} options
   */
  async compare(photo, { expected, predicted, layer, signal }) {
    const handle = await this.#handle(photo, signal);
    const options = { expected, predicted, layer };
    const { logits, ...compared } = await this.#ask({ kind: 'compare', photo: handle, options }, signal);
    const scores = new Scores(logits, this.model);
    return {
      ...compared,
      predicted: scores.of(compared.predicted),
      expected: scores.of(compared.expected),
    };
  }

  /**
   * @param {Source | import('../gradcam.d.ts').Photo} photo
   * @param {Parameters<import('../gradcam.d.ts').GradCam['faithfulness']>[1]} [options]
   */
  async faithfulness(photo, { layer, method, target, steps, onPoint, signal } = {}) {
    const handle = await this.#handle(photo, signal);
    const options = { layer, method, target, steps };
    return this.#ask({ kind: 'faithfulness', photo: handle, options }, signal, onPoint);
  }

  /**
   * @param {Source | import('../gradcam.d.ts').Photo} photo
   * @param {Parameters<import('../gradcam.d.ts').GradCam['randomise']>[1]} [options]
   */
  async randomise(photo, { layer, method, target, onStep, signal } = {}) {
    const handle = await this.#handle(photo, signal);
    return this.#ask(
      { kind: 'randomise', photo: handle, options: { layer, method, target } },
      signal,
      onStep,
    );
  }

  /**
   * @param {import('../gradcam.d.ts').Photo} photo
   * @param {{ mask: import('../gradcam.d.ts').Mask, fill: import('../gradcam.d.ts').Fill, signal?: AbortSignal }} options
   */
  async erase(photo, { mask, fill, signal }) {
    const { token, source, erased } = await this.#handle(photo, signal);
    // One region after the other would blur what is blurred: the newest mask says all that is painted over.
    const original = erased?.original ?? token;
    const handle = { token: nextToken++, source, erased: { original, mask, fill } };
    return new Photo(handle, await this.#ask({ kind: 'open', photo: handle }, signal));
  }

  /**
   * @param {Pick<import('../gradcam.d.ts').ClassMap, 'width' | 'height' | 'values'>} map
   * @param {number} share
   */
  hottest({ width: columns, height: rows, values }, share) {
    return this.#ask({ kind: 'hottest', columns, rows, values, share });
  }

  /** @param {import('../gradcam.d.ts').Mask} mask */
  elsewhere(mask) {
    return this.#ask({ kind: 'elsewhere', mask });
  }

  /** @param {Pick<import('../gradcam.d.ts').ClassMap, 'width' | 'height' | 'values'>} map */
  npy({ width: columns, height: rows, values }) {
    return this.#ask({ kind: 'npy', columns, rows, values });
  }

  /** @param {{ name: string, bytes: Uint8Array }[]} files */
  async zip(files) {
    return new Blob([await this.#ask({ kind: 'zip', files })], { type: 'application/zip' });
  }

  /**
   * @param {Source | import('../gradcam.d.ts').Photo} photo
   * @param {AbortSignal} [signal]
   * @returns {Promise<import('./protocol.d.ts').PhotoHandle>}
   */
  async #handle(photo, signal) {
    if (photo instanceof Photo) return photo.handle;
    const source = await fetchPhoto(/** @type {Source} */ (photo), signal);
    return { token: nextToken++, source };
  }

  /**
   * @param {Pick<import('../gradcam.d.ts').ClassMap, 'width' | 'height' | 'values'>} map
   * @param {PaintOptions} options
   */
  async paint(
    { width: columns, height: rows, values },
    { colors = 'turbo', scale = 'positive', range, width, height },
  ) {
    const request = { columns, rows, values, colors, scale, range, width, height };
    const pixels = await this.#ask({ kind: 'paint', ...request });
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

/**
 * The options with a model: the one that the site ships where they name none.
 *
 * @param {LoadOptions} options
 */
async function withModel(options) {
  const { model } = options;
  if (model) return { ...options, model };
  const shipped = (await fetchManifest()).model;
  return { ...options, model: shipped.url, bytes: shipped.bytes, sha256: shipped.sha256 };
}

/**
 * @param {EngineChoice['asked']} asked
 * @returns {import('./protocol.d.ts').Wish}
 */
function wish(asked) {
  return { asked, remembered: rememberedTimings() };
}
