// Watches the page while it watches live, with Chromium's own test camera.

import assert from 'node:assert/strict';

/** @typedef {import('playwright-core').Page} Page */

/**
 * What the page did, kept by `observe`.
 *
 * @typedef {object} Observed
 * @property {number} asked requests of any kind
 * @property {number} answered explanations
 * @property {(string | undefined)[]} kinds of engines that computed these
 * @property {number} most explanations that were waited for at one time
 * @property {{ layer: string, target?: number }[]} questions
 * @property {{ time: number, sum: number, waiting: number }[]} frames when each was taken, what was in it, and how many
 *   requests were not answered then
 * @property {MediaStreamTrack[]} tracks
 */

/** Gives the browser that camera. */
export const CAMERA = '--use-fake-device-for-media-stream';

/** Runs in the page, before its own scripts. */
export function observe() {
  /** @type {Observed} */
  const observed = { asked: 0, answered: 0, kinds: [], most: 0, questions: [], frames: [], tracks: [] };
  Object.assign(window, { observed });

  /** @type {Map<number, string>} */
  const waiting = new Map();
  const heard = new WeakSet();
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (/** @type {any} */ request, /** @type {any} */ transfer) {
    if (!heard.has(this)) {
      heard.add(this);
      this.addEventListener('message', ({ data }) => {
        if (waiting.get(data.id) === 'explain') {
          observed.answered++;
          observed.kinds.push(data.result?.engine.kind);
        }
        waiting.delete(data.id);
      });
    }
    const { id, kind, photo, options } = request;
    if (kind === 'open' && photo.source instanceof ImageData) {
      const { currentTime } = /** @type {HTMLVideoElement} */ (document.getElementById('live-video'));
      const sum = photo.source.data.reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b, 0);
      observed.frames.push({ time: currentTime, sum, waiting: waiting.size });
    }
    if (kind === 'explain') observed.questions.push(options);
    if (kind !== 'forget') {
      observed.asked++;
      waiting.set(id, kind);
    }
    const explanations = [...waiting.values()].filter((each) => each === 'explain');
    observed.most = Math.max(observed.most, explanations.length);
    return postMessage.call(this, request, transfer);
  };

  const { getUserMedia } = MediaDevices.prototype;
  MediaDevices.prototype.getUserMedia = async function (constraints) {
    const stream = await getUserMedia.call(this, constraints);
    observed.tracks.push(...stream.getTracks());
    return stream;
  };
}

/** @param {Page} page */
export function read(page) {
  return page.evaluate(() => {
    const { observed } = /** @type {{ observed: Observed }} */ (/** @type {any} */ (window));
    return { ...observed, tracks: observed.tracks.map((track) => track.readyState) };
  });
}

/** Waits until `count` more frames have been explained. @param {Page} page @param {number} count */
export async function moreFrames(page, count) {
  const { answered } = await read(page);
  await page.waitForFunction(
    (wanted) => /** @type {any} */ (window).observed.answered >= wanted,
    answered + count,
  );
}

/** @param {Page} page */
export async function watch(page) {
  await page.getByRole('button', { name: 'Watch live' }).click();
  await page.locator('#live-stop').waitFor();
  await page.waitForFunction(() =>
    // The name alone may be that of an earlier time.
    ['live-text', 'file-name'].every((id) =>
      /^(Live|Camera)/.test(document.getElementById(id)?.textContent ?? ''),
    ),
  );
}

/** Holds that watching is over: the camera is off, and the engine is left alone. @param {Page} page */
export async function assertOver(page) {
  assert.ok(await page.locator('#live').isHidden());
  assert.equal(await page.getByRole('button', { name: 'Watch live' }).getAttribute('aria-pressed'), 'false');
  // That of the dialog ends a moment after the dialog.
  await page.waitForFunction(() => {
    const { tracks } = /** @type {{ observed: Observed }} */ (/** @type {any} */ (window)).observed;
    return tracks.length > 0 && tracks.every((track) => track.readyState === 'ended');
  });
  const { asked } = await read(page);
  await page.waitForTimeout(600);
  assert.equal((await read(page)).asked, asked, 'requests after the end');
}
