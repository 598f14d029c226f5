// The worker: owns the engine, answers one request after the other.
import { Queue } from './queue.js';
import { start } from './start.js';

/**
 * @typedef {import('./protocol.d.ts').Message} Message
 * @typedef {import('./protocol.d.ts').Request} Request
 * @typedef {import('./protocol.d.ts').PhotoHandle} PhotoHandle
 * @typedef {import('./protocol.d.ts').ArchiveHandle} ArchiveHandle
 * @typedef {import('../wasm/simd/gradcam.js').EngineChooser} Chooser
 */

/** Milliseconds until a GPU that does not answer is given up. */
const PATIENCE = 10_000;

const SILENT = 'The GPU does not answer, so the CPU computes.';

/** Made by the first request. @type {ReturnType<typeof start>} */
let started;
/** For the next session; null where the GPU does not answer. @type {Promise<Chooser | null | undefined>} */
let prepared;
/** @type {import('../wasm/simd/gradcam.js').Session | undefined} */
let session;
/** Which photo the session has open. */
let openToken = 0;
/** And which it is without what is painted over. */
let openOriginal = 0;
/** By number. @type {Map<number, import('../wasm/simd/gradcam.js').Archive>} */
const archives = new Map();

/**
 * @param {Request} request
 * @param {(news: unknown) => Promise<boolean>} tell how far it is, if there is news; the answer says whether to go on
 */
async function answer(request, tell) {
  if (request.kind === 'start') {
    started = start(request.plan);
    prepared = started.then(({ engine }) => prepare(engine, request.asked));
    await prepared;
    return undefined;
  }
  const { engine, memory } = await started;
  switch (request.kind) {
    case 'load': {
      const bytes = new Uint8Array(await request.model.arrayBuffer());
      session?.free();
      session = undefined;
      const chooser = await prepared;
      // The session takes it over.
      prepared = Promise.resolve(undefined);
      session = new engine.Session(bytes, request.options, chooser ?? undefined);
      const choice = await choose(chooser === null ? { ...request.wish, asked: 'cpu' } : request.wish);
      if (chooser === null) Object.assign(choice, { asked: request.wish.asked, reason: SILENT });
      return { model: { ...session.model(), sha256: await sha256(bytes) }, choice };
    }
    case 'choose-engine':
      return choose(request.wish);
    case 'open':
      return open(request.photo);
    case 'explain': {
      const reopened = await reopen(request.photo);
      const explanation = await current().explain(request.options, tell);
      const decode = reopened?.decode ?? 0;
      explanation.timings.decode = decode;
      explanation.timings.total += decode;
      return explanation;
    }
    case 'class-maps':
      await reopen(request.photo);
      return current().classMaps();
    case 'layer-maps':
      await reopen(request.photo);
      return current().layerMaps(request.options);
    case 'compare':
      await reopen(request.photo);
      return current().compare(request.options);
    case 'faithfulness':
      await reopen(request.photo);
      return current().faithfulness(request.options, tell);
    case 'randomise':
      await reopen(request.photo);
      return current().randomise(request.options, tell);
    case 'survey': {
      const { source, options } = request;
      openToken = openOriginal = 0;
      const survey = await (source instanceof ImageData
        ? current().surveyPixels(new Uint8Array(source.data), source.width, source.height, options)
        : current().survey(new Uint8Array(await source.arrayBuffer()), options));
      const { explanation, decode } = survey;
      explanation.timings.decode = decode;
      explanation.timings.total += decode;
      return survey;
    }
    case 'open-archive':
      return openArchive(engine, request.archive).names();
    case 'read-archive':
      return openArchive(engine, request.archive).read(request.index);
    case 'parse-labels':
      return engine.parseLabels(request.text);
    case 'hottest':
      return current().hottest(request.values, request.columns, request.rows, request.share);
    case 'elsewhere':
      return current().elsewhere(request.mask);
    case 'npy':
      return engine.npy(request.values, request.columns, request.rows);
    case 'zip':
      return engine.zip(request.files);
    case 'paint': {
      const { values, columns, rows, colors, scale, range, width, height } = request;
      return engine.heatmap(values, columns, rows, colors, scale, range, width, height);
    }
    case 'legend':
      return engine.legend(request.colors, request.scale, request.count);
    case 'memory':
      return memory.buffer.byteLength;
  }
}

/**
 * Connects to the GPU, where one is wanted, and compiles its kernels while the model downloads.
 *
 * @param {Awaited<typeof started>['engine']} engine
 * @param {import('../gradcam.d.ts').WantedEngine} asked
 */
async function prepare(engine, asked) {
  const chooser = new engine.EngineChooser();
  /** @type {Promise<null>} */
  const silence = new Promise((done) => setTimeout(() => done(null), PATIENCE));
  return Promise.race([chooser.prepare(asked).then(() => chooser), silence]);
}

/** @param {import('./protocol.d.ts').Wish} wish */
function choose({ asked, remembered }) {
  return current().chooseEngine(asked, remembered);
}

/** @param {PhotoHandle} photo */
async function open({ token, source, erased }) {
  let opened;
  // What is painted over is no reason to decode a file again.
  if (!erased || erased.original !== openOriginal) {
    opened =
      source instanceof ImageData
        ? current().openPixels(new Uint8Array(source.data), source.width, source.height)
        : current().open(new Uint8Array(await source.arrayBuffer()));
    openOriginal = openToken = erased ? erased.original : token;
  }
  if (erased) opened = current().erase(erased.mask, erased.fill);
  openToken = token;
  return opened;
}

/** Opens a photo unless it is the one that is open. @param {PhotoHandle} photo */
async function reopen(photo) {
  if (photo.token === openToken) return undefined;
  if (photo.token !== openOriginal) return open(photo);
  current().restore();
  openToken = openOriginal;
  return undefined;
}

/**
 * @param {Awaited<typeof started>['engine']} engine
 * @param {ArchiveHandle} archive
 */
function openArchive(engine, { token, source }) {
  const open = archives.get(token) ?? new engine.Archive(source);
  archives.set(token, open);
  return open;
}

function current() {
  if (!session) throw Object.assign(new Error('The model has not been loaded.'), { code: 'internal' });
  return session;
}

/** In hex; null where the browser has no cryptography to offer. @param {Uint8Array<ArrayBuffer>} bytes */
async function sha256(bytes) {
  const digest = await globalThis.crypto?.subtle?.digest('SHA-256', bytes);
  return digest
    ? Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
    : null;
}

/** @param {unknown} error */
function describe(error) {
  if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
    // A trap leaves the module's memory in an unknown state; the page starts a new worker.
    const message =
      'The engine ran out of memory or stopped unexpectedly; it is being restarted. Try a smaller photo.';
    return { error: { code: 'out-of-memory', message }, crashed: true };
  }
  const { code = 'internal', message = String(error) } = /** @type {any} */ (error);
  return { error: { code, message } };
}

/** @param {Message} message */
async function run(message) {
  const { id } = message;
  try {
    /** @param {unknown} news */
    const tell = (news) => {
      if (news !== undefined) self.postMessage({ id, news });
      return queue.breathe();
    };
    const result = await answer(/** @type {Request} */ (message), tell);
    self.postMessage({ id, result }, { transfer: buffers(result) });
  } catch (error) {
    self.postMessage({ id, ...describe(error) });
  }
}

/**
 * What can be handed over instead of copied.
 *
 * @param {any} result
 * @returns {Transferable[]}
 */
function buffers(result) {
  const maps = [
    result?.map,
    result?.explanation?.map,
    ...Object.values(result?.maps ?? {}),
    ...(Array.isArray(result) ? result : []),
  ];
  const arrays = [
    result,
    result?.pixels,
    result?.crop,
    result?.overlay,
    result?.values,
    result?.logits,
    result?.explanation?.logits,
    ...maps.map((map) => map?.values),
  ];
  return arrays.filter(ArrayBuffer.isView).map((array) => /** @type {ArrayBuffer} */ (array.buffer));
}

const queue = new Queue(run, ({ id }) => {
  self.postMessage({ id, error: { code: 'aborted', message: 'A newer request took its place.' } });
});
// What needs no photo is done at once, even while a long answer goes on.
const AT_ONCE = ['paint', 'legend', 'npy', 'zip', 'open-archive', 'read-archive', 'parse-labels'];
self.addEventListener('message', ({ data }) => {
  if (AT_ONCE.includes(data.kind)) void run(data);
  else queue.add(data);
});
