// A folder on its way through the workers: which photo is next, what has been answered, and how it is paused, stopped and
// resumed. Nothing that has been answered is lost, and nothing is answered twice.

import { answerOf, failureOf, isPassing, OVERLAY } from './answer.js';
import { classOfFolder } from './expected.js';
import { startWorker, thisDevice, workerCount } from './pool.js';
import { Pace } from './pace.js';

/** @typedef {import('../gradcam.js').GradCam} GradCam */
/** @typedef {import('./answer.js').Answer} Answer */
/** @typedef {import('./photos.js').FolderPhoto} FolderPhoto */
/** @typedef {import('./pool.js').StudiedModel} StudiedModel */

/** How every photo is explained. @typedef {Required<Pick<import('../gradcam.js').SurveyOptions, 'layer' | 'method' | 'colors'>>} Question */

/** @typedef {'running' | 'paused' | 'stopped' | 'finished' | 'failed'} Status */

/**
 * How far a run is.
 *
 * @typedef {object} Progress
 * @property {Status} status
 * @property {boolean} starting whether it runs and no worker is ready yet
 * @property {number} done photos that every model has answered
 * @property {number} total
 * @property {number | null} rate photos a second, once that can be told
 * @property {string | null} error why it failed, as a sentence
 */

/** A worker, or the place of one that is being started. @typedef {{ model: number, cam: GradCam | null, busy: boolean }} Lane */

/** How often a photo is tried whose failure may not be its own. */
const TRIES = 2;

/** A worker that has nothing left to do for its model takes the other one from so many photos on: loading takes a while. */
const WORTH_LOADING = 24;

export class FolderRun {
  /** By photo, then by model. @type {(Answer | null)[][]} */
  answers;
  /** The class that each photo's folder names, by photo, then by model. @type {(number | null)[][]} */
  expected;
  #photos;
  #models;
  #question;
  #changed;
  #sentence;
  /** @type {Status} */
  #status = 'stopped';
  /** @type {string | null} */
  #error = null;
  /** Photos that nobody has in hand, by model: the next one last. @type {number[][]} */
  #waiting;
  /** Answers that are still to come. */
  #left;
  #done = 0;
  /** How often each has failed. @type {Map<string, number>} */
  #failures = new Map();
  /** @type {Lane[]} */
  #lanes = [];
  #session = new AbortController();
  #pace;

  /**
   * Begins with `resume`.
   *
   * @param {object} work
   * @param {FolderPhoto[]} work.photos
   * @param {StudiedModel[]} work.models
   * @param {Question} work.question
   * @param {() => void} work.changed told of everything that changes
   * @param {(error: unknown) => string} work.sentence
   */
  constructor({ photos, models, question, changed, sentence }) {
    this.#photos = photos;
    this.#models = models;
    this.#question = question;
    this.#changed = changed;
    this.#sentence = sentence;
    this.answers = photos.map(() => models.map(() => null));
    this.expected = photos.map(({ folder }) =>
      models.map(({ model }) => classOfFolder(folder, model.labels)),
    );
    this.#waiting = models.map(() => photos.map((_, index) => photos.length - 1 - index));
    this.#left = photos.length * models.length;
    this.#pace = new Pace(models.length);
  }

  /** @returns {Progress} */
  get progress() {
    const starting = this.#status === 'running' && this.#lanes.every(({ cam }) => !cam);
    return {
      status: this.#status,
      starting,
      done: this.#done,
      total: this.#photos.length,
      rate: this.#pace.rate,
      error: this.#error,
    };
  }

  /** Takes no new photo; the workers wait, and what they have in hand is finished. */
  pause() {
    if (this.#status === 'running') this.#turn('paused');
  }

  /** Takes no new photo, and lets the workers go; what they have in hand is done again later. */
  stop() {
    if (this.#status === 'finished') return;
    this.#letGo();
    this.#turn('stopped');
  }

  /** Begins, or goes on where it was. */
  resume() {
    if (this.#status === 'running' || this.#status === 'finished') return;
    this.#error = null;
    this.#pace.begin();
    this.#turn('running');
    this.#wake();
  }

  /** @param {Status} status */
  #turn(status) {
    this.#status = status;
    this.#changed();
  }

  #letGo() {
    this.#session.abort();
    this.#lanes.forEach(({ cam }) => cam?.dispose());
    this.#lanes = [];
  }

  /** Has those work who found nothing to do. */
  #wake() {
    if (this.#lanes.length === 0) this.#open();
    for (const lane of this.#lanes) if (!lane.busy) void this.#serve(lane);
  }

  /** Shares the places for workers out between the models that have photos waiting. */
  #open() {
    this.#session = new AbortController();
    const models = this.#waiting.flatMap((waiting, index) => (waiting.length > 0 ? [index] : []));
    if (models.length === 0) return;
    const most = workerCount(
      models.map((index) => this.#models[index].model),
      thisDevice(),
    );
    const places = Math.max(models.length, Math.min(most, this.#left));
    this.#lanes = Array.from({ length: places }, (_, index) => ({
      model: models[index % models.length],
      cam: null,
      busy: false,
    }));
  }

  /** One photo after the other, as long as there is one to take. @param {Lane} lane */
  async #serve(lane) {
    const { signal } = this.#session;
    lane.busy = true;
    for (let next; !signal.aborted && (next = this.#take(lane)) !== undefined;) {
      lane.cam ??= await this.#load(lane, next, signal);
      if (!lane.cam) break;
      await this.#survey(lane, lane.cam, next);
    }
    lane.busy = false;
  }

  /** The photo that a worker does next; it may change its model for it. @param {Lane} lane */
  #take(lane) {
    if (this.#status !== 'running') return undefined;
    const own = this.#waiting[lane.model].pop();
    if (own !== undefined) return own;
    const other = this.#waiting.findIndex(
      ({ length }, model) =>
        length >= WORTH_LOADING || (length > 0 && this.#lanes.every((each) => each.model !== model)),
    );
    if (other < 0) return undefined;
    lane.cam?.dispose();
    lane.cam = null;
    lane.model = other;
    return this.#waiting[other].pop();
  }

  /**
   * Starts a worker. One that cannot be started is done without, as long as another serves the same model.
   *
   * @param {Lane} lane
   * @param {number} next the photo that waits for it
   * @param {AbortSignal} signal
   */
  async #load(lane, next, signal) {
    try {
      const cam = await startWorker(this.#models[lane.model], signal);
      if (!signal.aborted) {
        this.#changed();
        return cam;
      }
      cam.dispose();
    } catch (error) {
      if (!signal.aborted) {
        this.#lanes = this.#lanes.filter((each) => each !== lane);
        if (this.#lanes.every(({ model }) => model !== lane.model)) {
          this.#letGo();
          this.#error = this.#sentence(error);
          this.#turn('failed');
        }
      }
    }
    this.#giveBack(next, lane.model);
    return null;
  }

  /** @param {Lane} lane @param {GradCam} cam its worker @param {number} index */
  async #survey(lane, cam, index) {
    const { model } = lane;
    try {
      // Only now: what waits for its turn takes no memory.
      const photo = await this.#photos[index].read();
      const expected = this.expected[index][model] ?? undefined;
      const survey = await cam.survey(photo, { ...this.#question, expected, side: OVERLAY });
      // Not waited for: the worker does not lie idle while the browser packs the picture.
      void answerOf(survey).then((answer) => this.#settle(index, model, answer));
    } catch (error) {
      if (!this.#lanes.includes(lane)) return this.#giveBack(index, model);
      const key = `${index} ${model}`;
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      if (isPassing(error)) {
        // Whatever state it is in, the next photo finds a new one.
        cam.dispose();
        lane.cam = null;
      }
      if (isPassing(error) && failures < TRIES) this.#giveBack(index, model);
      else this.#settle(index, model, failureOf(error));
    }
  }

  /** @param {number} index @param {number} model */
  #giveBack(index, model) {
    this.#waiting[model].push(index);
    if (this.#status === 'running') this.#wake();
  }

  /** @param {number} index @param {number} model @param {Answer} answer */
  #settle(index, model, answer) {
    const answers = this.answers[index];
    answers[model] = answer;
    this.#left--;
    if (answers.every(Boolean)) this.#done++;
    this.#pace.step();
    if (this.#left > 0) return this.#changed();
    this.#letGo();
    this.#turn('finished');
  }
}
