// The ways to take something along: the picture as it is shown, at the resolution of the photo; and in a small menu
// beside it a figure, the evidence, and a link.

import { createCanvas, pngOf } from '../save/canvas.js';
import { download, fileName } from '../save/download.js';
import { element } from './element.js';
import { createSaveMenu } from './save-menu.js';
import { drawPicture, sceneOf } from './picture.js';

/** @typedef {import('./state.js').State} State */

/** @param {State} state */
async function savePicture({ shown, view, opacity }) {
  const scene = shown && sceneOf(shown, opacity);
  if (!shown?.result || !scene) return;
  // Panel names are as large against their panel as they are on a page.
  const unit = Math.max(1, scene.width / 400);
  const panels = view === 'panels';
  const { canvas, context } = createCanvas(
    panels ? Math.round(3 * scene.width + 24 * unit) : scene.width,
    panels ? Math.round(scene.height + 26 * unit) : scene.height,
  );
  if (panels) {
    context.fillStyle = '#fff';
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  drawPicture(context, scene, view, unit, '#1b1f1d');
  download(await pngOf(canvas), fileName(shown, '.png'));
}

/**
 * @param {import('./save-menu.js').Actions} actions
 * @returns {(state: State) => void}
 */
export function createSave(actions) {
  const button = element('save', HTMLButtonElement);
  const renderMenu = createSaveMenu(actions);
  /** @type {State | null} */
  let last = null;
  button.addEventListener('click', () => {
    if (last) savePicture(last).catch(actions.fail);
  });
  return (state) => {
    last = state;
    button.disabled = !state.shown?.result || Boolean(state.incoming);
    renderMenu(state, button.disabled);
  };
}
