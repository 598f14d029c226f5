// Which networks the page asks: the one it ships or the visitor's own, and a second one to compare it with. Whatever is
// tried, the network that runs is only let go once another has taken its place. What becomes of them is told to whoever
// keeps the page's state.

import { bring, modelAddress } from './checkpoint/courier.js';
import { ownCheckpoint, SHIPPED } from './checkpoint/checkpoint.js';
import { fetchManifest } from './engine/manifest.js';
import { GradCam, GradCamError } from './gradcam.js';

/** @typedef {import('./checkpoint/checkpoint.js').Checkpoint} Checkpoint */
/** @typedef {import('./gradcam.js').Progress} Progress */
/** @typedef {import('./view/state.js').State} State */

/**
 * What is reported of the networks.
 *
 * @typedef {object} Events
 * @property {() => void} begins that the first network of a visit is being loaded
 * @property {(progress: Progress) => void} loading how far that is
 * @property {(error: unknown) => void} failed that one could not be loaded
 * @property {(error: unknown) => void} replaced one at an address could not: the shipped one is loaded in its place
 * @property {(version: string) => void} version of the site
 * @property {(trying: State['trying']) => void} trying what is being loaded beside the network that runs; null once it is not
 * @property {(cam: GradCam, checkpoint: Checkpoint, first: boolean) => void} started a network that takes over; `first` if no
 *   other ran
 * @property {(second: State['second']) => void} second the network that the first is compared with, or none any more
 */

/** @type {Progress} */
const BEGINNING = { phase: 'download', loaded: 0, total: null };

/** The build of the engine that the page's address asks for: `?flavour=…&threads=…`, for tests and the curious. */
function chosenByHand() {
  const asked = new URLSearchParams(location.search);
  return {
    flavour: /** @type {import('./gradcam.js').Flavour | undefined} */ (asked.get('flavour') ?? undefined),
    threads: Number(asked.get('threads')),
  };
}

/** Which engine it asks for, as `?engine=…`. @returns {State['asked']} */
export function engineByHand() {
  const asked = new URLSearchParams(location.search).get('engine');
  return asked === 'cpu' || asked === 'webgpu' ? asked : 'auto';
}

/** A file's name at the end of its address. @param {URL} address */
function nameIn({ pathname, host }) {
  const name = pathname.split('/').at(-1) || host;
  try {
    return decodeURIComponent(name);
  } catch {
    // A lone per cent sign is no encoding, and stands for itself.
    return name;
  }
}

export class Networks {
  #asked;
  #events;
  /** @type {Promise<GradCam>} */
  #first;
  /** Whether that one could not be loaded. */
  #failed = false;
  /** Counts the networks that took its place, or were to. */
  #turn = 0;
  /** @type {GradCam | null} */
  #second = null;
  /** Ends what is being tried as the one or the other. */
  #trying = { first: new AbortController(), second: new AbortController() };

  /**
   * @param {() => State['asked']} asked which engine to use
   * @param {Events} events
   */
  constructor(asked, events) {
    this.#asked = asked;
    this.#events = events;
    const address = new URLSearchParams(location.search).get('model');
    this.#first = this.#load(address);
  }

  /** The network that the page asks. */
  get first() {
    return this.#first;
  }

  /** The one that it is compared with. */
  get second() {
    return this.#second;
  }

  /** The network that the page asks, loaded once more where that failed. */
  ready() {
    if (this.#failed) this.reload();
    return this.#first;
  }

  reload() {
    this.#first = this.#load(null);
  }

  /**
   * Loads the first network of a visit: the one at an address, if the page was opened with one, else the shipped one.
   *
   * @param {string | null} address
   */
  #load(address) {
    const turn = ++this.#turn;
    // Nothing more is reported of it once another has taken its place.
    const tell = (/** @type {() => void} */ event) => {
      if (turn === this.#turn) event();
    };
    const { begins, loading, started, failed } = this.#events;
    this.#failed = false;
    begins();
    loading(BEGINNING);
    const loaded = this.#begin(address, tell);
    loaded.then(
      ({ cam, checkpoint }) => tell(() => started(cam, checkpoint, true)),
      (error) =>
        tell(() => {
          this.#failed = true;
          failed(error);
        }),
    );
    const first = loaded.then(({ cam }) => cam);
    // Whoever waits for it is told; an error that nobody waits for has been said above.
    first.catch(() => {});
    return first;
  }

  /** @param {string | null} text @param {(event: () => void) => void} tell */
  async #begin(text, tell) {
    const { loading, replaced, version } = this.#events;
    const onProgress = (/** @type {Progress} */ progress) => tell(() => loading(progress));
    if (text !== null) {
      try {
        const checkpoint = await this.#fetched(text, onProgress);
        return { cam: await this.#open(checkpoint, onProgress), checkpoint };
      } catch (error) {
        tell(() => replaced(error));
        onProgress(BEGINNING);
      }
    }
    version((await fetchManifest()).version);
    return { cam: await this.#open(SHIPPED, onProgress), checkpoint: SHIPPED };
  }

  /** @param {string} text @param {(progress: Progress) => void} onProgress @param {AbortSignal} [signal] */
  async #fetched(text, onProgress, signal) {
    const address = modelAddress(text);
    if (!address) {
      throw new GradCamError(
        'model-download',
        'That is no address of a model: it has to begin with https:// and lead to a .safetensors or .pth file.',
      );
    }
    return ownCheckpoint(nameIn(address), await bring(address, onProgress, signal), address);
  }

  /**
   * @param {Checkpoint} checkpoint
   * @param {(progress: Progress) => void} [onProgress]
   * @param {AbortSignal} [signal]
   */
  #open({ file, options }, onProgress, signal) {
    return GradCam.load({
      ...options,
      model: file ?? undefined,
      engine: this.#asked(),
      ...chosenByHand(),
      onProgress,
      signal,
    });
  }

  /**
   * Has the page ask another network from now on. Rejects, and leaves everything as it was, where that cannot be.
   *
   * @param {Checkpoint} checkpoint
   */
  async use(checkpoint) {
    const { signal } = this.#begun('first', checkpoint.name);
    try {
      const cam = await this.#open(checkpoint, undefined, signal);
      const before = this.#first;
      this.#first = Promise.resolve(cam);
      this.#failed = false;
      this.#turn++;
      this.#events.started(cam, checkpoint, false);
      before.then(
        (old) => old.dispose(),
        // It never ran.
        () => {},
      );
    } catch (error) {
      this.#given('first', signal);
      throw error;
    }
  }

  /**
   * Has another network answer beside the first one; null ends that. Rejects, and leaves everything as it was, where that
   * cannot be.
   *
   * @param {Checkpoint | null} checkpoint
   */
  async hold(checkpoint) {
    if (!checkpoint) {
      this.#trying.second.abort();
      this.#replaceSecond(null, null);
      return;
    }
    const { signal } = this.#begun('second', checkpoint.name);
    try {
      this.#replaceSecond(await this.#open(checkpoint, undefined, signal), checkpoint);
    } catch (error) {
      this.#given('second', signal);
      throw error;
    }
  }

  /** @param {GradCam | null} cam @param {Checkpoint | null} checkpoint */
  #replaceSecond(cam, checkpoint) {
    this.#second?.dispose();
    this.#second = cam;
    this.#events.second(cam && checkpoint && { checkpoint, model: cam.model });
  }

  /**
   * A model by its address, for either place.
   *
   * @param {string} text
   * @returns {Promise<Checkpoint>}
   */
  async fetch(text) {
    const { signal } = this.#begun('first', text);
    try {
      const onProgress = (/** @type {Progress} */ { loaded }) => this.#events.trying({ name: text, loaded });
      const checkpoint = await this.#fetched(text, onProgress, signal);
      this.#events.trying(null);
      return checkpoint;
    } catch (error) {
      this.#given('first', signal);
      throw error;
    }
  }

  /** @param {'first' | 'second'} place @param {string} name */
  #begun(place, name) {
    this.#trying[place].abort();
    this.#trying[place] = new AbortController();
    this.#events.trying({ name, loaded: 0 });
    return this.#trying[place];
  }

  /** @param {'first' | 'second'} place @param {AbortSignal} signal */
  #given(place, signal) {
    // Not where a newer one is being tried.
    if (this.#trying[place].signal === signal) this.#events.trying(null);
  }
}
