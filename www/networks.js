// Which networks the page asks: the one it ships or the visitor's own, and a second one to hold against it. Whatever is
// tried, the network that runs is only let go once another has taken its place.

import { bring, modelAddress } from './checkpoint/courier.js';
import { ownCheckpoint, SHIPPED } from './checkpoint/checkpoint.js';
import { fetchManifest } from './engine/manifest.js';
import { GradCam, GradCamError } from './gradcam.js';

/** @typedef {import('./checkpoint/checkpoint.js').Checkpoint} Checkpoint */
/** @typedef {import('./view/state.js').State} State */

/** The build of the engine that the page's address asks for: `?flavour=…&threads=…`, for tests and the curious. */
function chosenByHand() {
  const asked = new URLSearchParams(location.search);
  return {
    flavour: /** @type {import('./gradcam.js').Flavour | undefined} */ (asked.get('flavour') ?? undefined),
    threads: Number(asked.get('threads')),
  };
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
  #state;
  #set;
  #changed;
  #sentence;
  /** @type {Promise<GradCam>} */
  #first;
  /** @type {GradCam | null} */
  #second = null;
  /** Ends what is being tried as the one or the other. */
  #trying = { first: new AbortController(), second: new AbortController() };

  /**
   * @param {object} needs
   * @param {State} needs.state
   * @param {(patch: Partial<State>) => void} needs.set
   * @param {(cam: GradCam, first: boolean) => void} needs.changed told of every network that takes over; `first` if no other ran
   * @param {(error: unknown) => string} needs.sentence
   */
  constructor({ state, set, changed, sentence }) {
    this.#state = state;
    this.#set = set;
    this.#changed = changed;
    this.#sentence = sentence;
    const address = new URLSearchParams(location.search).get('model');
    this.#first = this.#load(address);
  }

  /** The network that the page asks. */
  get first() {
    return this.#first;
  }

  /** The one that is held against it. */
  get second() {
    return this.#second;
  }

  /** The network that the page asks, loaded once more where that failed. */
  ready() {
    if (!this.#state.model && !this.#state.loading) this.reload();
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
    this.#set({ loading: { phase: 'download', loaded: 0, total: null }, error: null });
    const loaded = this.#begin(address);
    loaded.then(
      (cam) => this.#changed(cam, true),
      (error) => this.#set({ loading: null, error: { message: this.#sentence(error), retry: true } }),
    );
    // Whoever waits for it is told; an error that nobody waits for has been said above.
    return loaded;
  }

  /** @param {string | null} text */
  async #begin(text) {
    const onProgress = (/** @type {State['loading']} */ loading) => this.#set({ loading });
    if (text !== null) {
      try {
        const checkpoint = await this.#fetched(text, onProgress);
        const cam = await this.#open(checkpoint, onProgress);
        this.#set({ checkpoint });
        return cam;
      } catch (error) {
        const message = `${this.#sentence(error)} The model of this page takes its place.`;
        this.#set({
          error: { message, retry: false },
          loading: { phase: 'download', loaded: 0, total: null },
        });
      }
    }
    const { version } = await fetchManifest();
    this.#set({ version, checkpoint: SHIPPED });
    return this.#open(SHIPPED, onProgress);
  }

  /** @param {string} text @param {(loading: State['loading']) => void} onProgress @param {AbortSignal} [signal] */
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
   * @param {(loading: State['loading']) => void} [onProgress]
   * @param {AbortSignal} [signal]
   */
  #open({ file, options }, onProgress, signal) {
    return GradCam.load({
      ...options,
      model: file ?? undefined,
      engine: this.#state.asked,
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
      this.#set({ checkpoint, trying: null, loading: null });
      this.#changed(cam, false);
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
    this.#set({ trying: null, second: cam && checkpoint && { checkpoint, model: cam.model } });
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
      const onProgress = (/** @type {State['loading']} */ progress) =>
        this.#set({ trying: { name: text, loaded: progress?.loaded ?? 0 } });
      const checkpoint = await this.#fetched(text, onProgress, signal);
      this.#set({ trying: null });
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
    this.#set({ trying: { name, loaded: 0 } });
    return this.#trying[place];
  }

  /** @param {'first' | 'second'} place @param {AbortSignal} signal */
  #given(place, signal) {
    // Not where a newer one is being tried.
    if (this.#trying[place].signal === signal) this.#set({ trying: null });
  }
}
