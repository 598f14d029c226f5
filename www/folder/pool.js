// How many workers study a folder, and how each is started: one for each core, with a network and one thread of its own.
// Several photos at once keep more cores busy than several threads on one photo, which wait for each other.

/** @typedef {import('../gradcam.js').GradCam} GradCam */
/** @typedef {import('../gradcam.js').LoadOptions} LoadOptions */
/** @typedef {import('../gradcam.js').Model} Model */

/**
 * A network that a folder is studied with.
 *
 * @typedef {object} StudiedModel
 * @property {string} name
 * @property {Model} model
 * @property {(options: Pick<LoadOptions, 'engine' | 'flavour' | 'threads' | 'signal'>) => Promise<GradCam>} load
 */

/** As for threads: more gain little, and phones run the rest on slow cores. */
const MOST_WORKERS = 8;

/** Bytes that a worker needs besides its weights: its code, activations, the photo. With them a ResNet-18 takes 170 MiB. */
const BASE = 96 * 2 ** 20;

/** Bytes for each weight: as it is in the file, and transformed for the convolutions. */
const PER_PARAMETER = 16;

/** Of a device's memory, what a folder may take: a page that takes more is ended by the system. */
const SHARE = 0.4;

/** Bytes of memory where the browser does not say: a phone of some years ago. */
const USUAL_MEMORY = 4 * 2 ** 30;

/**
 * How many workers there shall be: at least one for each model, and otherwise one for each core, as far as memory goes.
 *
 * @param {Pick<Model, 'parameters'>[]} models
 * @param {{ cores: number, memory: number }} device `memory` in bytes
 */
export function workerCount(models, { cores, memory }) {
  const largest = Math.max(...models.map(({ parameters }) => parameters));
  const each = BASE + largest * PER_PARAMETER;
  const room = Math.floor((memory * SHARE) / each);
  return Math.max(models.length, Math.min(cores, MOST_WORKERS, room));
}

/** What this device has to offer. */
export function thisDevice() {
  // In gibibytes, rounded; not every browser tells.
  const { deviceMemory } = /** @type {{ deviceMemory?: number }} */ (navigator);
  return {
    cores: navigator.hardwareConcurrency || 1,
    memory: deviceMemory ? deviceMemory * 2 ** 30 : USUAL_MEMORY,
  };
}

/**
 * The CPU even where the page asks the GPU: most of the time goes into decoding photos, one GPU serves no more than one
 * worker at a time, and the CPU's answers are the same ones on every machine.
 *
 * @param {StudiedModel} model
 * @param {AbortSignal} signal
 */
export function startWorker({ load }, signal) {
  return load({ engine: 'cpu', flavour: 'relaxed', threads: 1, signal });
}
