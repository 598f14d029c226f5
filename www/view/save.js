// Saves what is on the canvas as a PNG, at the resolution of the photo.

import { element } from './element.js';
import { drawPicture, sceneOf } from './picture.js';

/** @typedef {import('./state.js').State} State */

/** @param {string} text */
function fileSafe(text) {
  return text.replace(/[^\p{L}\p{N}+.]+/gu, '-').replace(/^-+|-+$/g, '');
}

/** @param {State} state */
async function save({ shown, view, opacity }) {
  const scene = shown && sceneOf(shown, opacity);
  if (!shown?.result || !scene) return;
  const { map, target } = shown.result.explanation;
  // Panel names are as large against their panel as they are on a page.
  const unit = Math.max(1, scene.width / 400);
  const canvas = document.createElement('canvas');
  canvas.width = view === 'panels' ? Math.round(3 * scene.width + 24 * unit) : scene.width;
  canvas.height = view === 'panels' ? Math.round(scene.height + 26 * unit) : scene.height;
  const context = canvas.getContext('2d');
  if (!context) return;
  if (view === 'panels') {
    context.fillStyle = '#fff';
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  drawPicture(context, scene, view, unit, '#1b1f1d');
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!(blob instanceof Blob)) return;

  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  const parts = [shown.name.replace(/\.[^.]*$/, ''), target.label, map.layer, map.method];
  link.download = `${parts.map(fileSafe).join('_')}.png`;
  link.click();
  // The download has begun by then, and a photo's worth of memory is free again.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** @returns {(state: State) => void} */
export function createSave() {
  const button = element('save', HTMLButtonElement);
  /** @type {State | null} */
  let last = null;
  button.addEventListener('click', () => last && save(last));
  return (state) => {
    last = state;
    button.disabled = !state.shown?.result || Boolean(state.incoming);
  };
}
