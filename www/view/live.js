// Watching live: takes the camera's newest frame, has it explained, and takes the next when that one is on the screen.

import { cameraMessage, closeCamera, openCamera } from './camera.js';
import { element, write } from './element.js';
import { framesPerSecond } from './format.js';

/** @typedef {import('./state.js').State} State */
/** @typedef {import('./state.js').Live} Live */

/** The longer side of a frame, in pixels: more than the network sees, less than a camera gives. */
const LONGEST_SIDE = 640;

/** Milliseconds over which frames are counted. */
const COUNTED = 1000;

const CAMERA_LOST =
  'The camera sends no more pictures, so watching has stopped. See whether it is still connected and allowed.';

/**
 * A function that waits for a picture of the video that it has not waited for before.
 *
 * @param {HTMLVideoElement} video
 * @param {AbortSignal} signal
 * @returns {() => Promise<void>}
 */
function newFrames(video, signal) {
  let fresh = false;
  let wake = () => {};
  const watch = () => {
    // Where the browser does not tell when a picture comes, a screen's frame may show one twice.
    if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(note);
    else requestAnimationFrame(note);
  };
  const note = () => {
    fresh = true;
    wake();
    if (!signal.aborted) watch();
  };
  watch();
  return async () => {
    if (!fresh) await new Promise((done) => (wake = () => done(undefined)));
    fresh = false;
  };
}

/**
 * @param {object} actions
 * @param {() => Promise<unknown>} actions.ready resolves when frames can be explained
 * @param {(frame: ImageData) => Promise<boolean>} actions.explain resolves to false where it failed
 * @param {(live: Live | null) => void} actions.changed
 * @param {(message: string) => void} actions.fail
 */
export function createLive({ ready, explain, changed, fail }) {
  const stage = element('stage', HTMLElement);
  const video = element('live-video', HTMLVideoElement);
  const badge = element('live', HTMLElement);
  const text = element('live-text', HTMLElement);
  const stopButton = element('live-stop', HTMLButtonElement);
  const startButton = element('watch-live', HTMLButtonElement);
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  /** @type {AbortController | null} */
  let watching = null;

  function grab() {
    const { videoWidth, videoHeight } = video;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(videoWidth, videoHeight));
    canvas.width = Math.max(1, Math.round(videoWidth * scale));
    canvas.height = Math.max(1, Math.round(videoHeight * scale));
    context?.drawImage(video, 0, 0, canvas.width, canvas.height);
    return context?.getImageData(0, 0, canvas.width, canvas.height);
  }

  async function start() {
    watching = new AbortController();
    const { signal } = watching;
    // On a phone the button lies far below the picture.
    stage.scrollIntoView({ block: 'nearest' });
    changed({ started: false, rate: null });
    try {
      const stream = await openCamera(LONGEST_SIDE);
      // The question may be answered after watching was stopped.
      if (signal.aborted) return closeCamera(stream);
      signal.addEventListener('abort', () => {
        closeCamera(stream);
        video.srcObject = null;
      });
      const [track] = stream.getVideoTracks();
      track.addEventListener('ended', () => end(CAMERA_LOST), { signal });
      video.srcObject = stream;
      await video.play();
    } catch (error) {
      if (!signal.aborted) end(cameraMessage(error));
      return;
    }
    await watch(signal);
  }

  /** @param {AbortSignal} signal */
  async function watch(signal) {
    const good = await ready().catch(() => false);
    if (signal.aborted) return;
    // Whoever cannot explain says so.
    if (!good) return end();
    changed({ started: true, rate: null });
    const newFrame = newFrames(video, signal);
    for (let frames = 1, since = performance.now(); ; frames++) {
      await newFrame();
      if (signal.aborted) return;
      const frame = grab();
      const shown = frame && (await explain(frame));
      if (signal.aborted) return;
      if (!shown) return end();
      await new Promise(requestAnimationFrame);
      if (signal.aborted) return;
      const elapsed = performance.now() - since;
      if (elapsed < COUNTED) continue;
      changed({ started: true, rate: (1000 * frames) / elapsed });
      since += elapsed;
      frames = 0;
    }
  }

  /** @param {string} [message] why, where it was not asked for */
  function end(message) {
    if (!watching) return;
    watching.abort();
    watching = null;
    // The button is about to vanish with the focus on it.
    if (document.activeElement === stopButton) startButton.focus({ preventScroll: true });
    changed(null);
    if (message) fail(message);
  }

  const stop = () => end();
  startButton.addEventListener('click', () => {
    if (watching) stop();
    else void start();
  });
  stopButton.addEventListener('click', stop);
  addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') stop();
  });
  addEventListener('pagehide', stop);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) stop();
  });

  return {
    stop,
    /** @param {State} state */
    render({ live }) {
      badge.hidden = !live;
      startButton.setAttribute('aria-pressed', String(Boolean(live)));
      if (!live) return;
      const rate = live.rate === null ? '' : ` · ${framesPerSecond(live.rate)}`;
      write(text, live.started ? `Live${rate}` : 'Waiting for the camera…');
    },
  };
}
