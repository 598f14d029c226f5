// Draws the photo, the crop that the network saw and the heatmap on it: on the page's canvas and into saved files.
// Only composition happens here; the colours of the map come ready from the engine.

import { element } from './element.js';
import { pictured } from './state.js';

/** @typedef {import('./state.js').State} State */
/** @typedef {import('./state.js').Subject} Subject */
/** @typedef {'photo' | 'heatmap' | 'overlay'} Panel */
/** @typedef {{ x: number, y: number, width: number, height: number }} Box */

/**
 * What one picture is made of. `crop` is in shares of the photo's width and height.
 *
 * @typedef {object} Scene
 * @property {CanvasImageSource} image
 * @property {number} width
 * @property {number} height
 * @property {Box | null} crop
 * @property {CanvasImageSource | null} heat
 * @property {number} opacity
 */

/** @type {Panel[]} */
const PANELS = ['photo', 'heatmap', 'overlay'];

/** @type {WeakMap<ImageData, HTMLCanvasElement>} */
const surfaces = new WeakMap();

/**
 * ImageData cannot be drawn scaled, a canvas can.
 *
 * @param {ImageData} data
 */
export function surface(data) {
  let canvas = surfaces.get(data);
  if (!canvas) {
    canvas = document.createElement('canvas');
    canvas.width = data.width;
    canvas.height = data.height;
    canvas.getContext('2d')?.putImageData(data, 0, 0);
    surfaces.set(data, canvas);
  }
  return canvas;
}

/**
 * @param {Subject} subject
 * @param {number} opacity
 * @param {import('./state.js').Result | null} [result] whose heatmap is drawn
 * @returns {Scene | null}
 */
export function sceneOf(subject, opacity, result = subject.result) {
  const { photo, preview } = subject;
  if (!photo) {
    if (!preview) return null;
    return { image: preview, width: preview.width, height: preview.height, crop: null, heat: null, opacity };
  }
  const [width, height] = photo.geometry.photo;
  const [x, y, cropWidth, cropHeight] = photo.geometry.crop;
  return {
    image: surface(photo.image),
    width: photo.image.width,
    height: photo.image.height,
    crop: { x: x / width, y: y / height, width: cropWidth / width, height: cropHeight / height },
    heat: result && surface(result.heat),
    opacity,
  };
}

/**
 * Where the crop lies, if that is known, in a photo that fills a box.
 *
 * @param {Pick<Scene, 'crop'>} scene
 * @param {Box} box
 * @returns {Box | null}
 */
export function cropBox({ crop }, box) {
  return (
    crop && {
      x: box.x + crop.x * box.width,
      y: box.y + crop.y * box.height,
      width: crop.width * box.width,
      height: crop.height * box.height,
    }
  );
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Panel} panel
 * @param {Box} box where the whole photo goes
 */
export function drawPanel(context, scene, panel, box) {
  const { image, heat, opacity } = scene;
  if (panel === 'heatmap') {
    context.fillStyle = '#2b302e';
    context.fillRect(box.x, box.y, box.width, box.height);
  } else {
    context.drawImage(image, box.x, box.y, box.width, box.height);
  }
  const crop = cropBox(scene, box);
  if (!crop) return;

  const { x, y, width, height } = crop;
  if (panel !== 'heatmap') {
    const outside = new Path2D();
    outside.rect(box.x, box.y, box.width, box.height);
    outside.rect(x, y, width, height);
    context.fillStyle = 'rgb(0 0 0 / 0.55)';
    context.fill(outside, 'evenodd');
  }
  if (heat && panel !== 'photo') {
    context.globalAlpha = panel === 'heatmap' ? 1 : opacity;
    context.drawImage(heat, x, y, width, height);
    context.globalAlpha = 1;
  }
  // A light line in a dark one shows on any photo; both lie just inside the photo where the crop touches its edge.
  const line = Math.max(1, Math.min(box.width, box.height) / 360);
  context.lineWidth = 3 * line;
  context.strokeStyle = 'rgb(0 0 0 / 0.45)';
  context.strokeRect(x + 1.5 * line, y + 1.5 * line, width - 3 * line, height - 3 * line);
  context.lineWidth = line;
  context.strokeStyle = 'rgb(255 255 255 / 0.95)';
  context.strokeRect(x + 1.5 * line, y + 1.5 * line, width - 3 * line, height - 3 * line);
}

/**
 * The largest box of the photo's aspect within `room`, in its middle.
 *
 * @param {Scene} scene
 * @param {Box} room
 * @returns {Box}
 */
export function fit(scene, room) {
  const scale = Math.min(room.width / scene.width, room.height / scene.height);
  const width = Math.round(scene.width * scale);
  const height = Math.round(scene.height * scale);
  return {
    x: room.x + Math.round((room.width - width) / 2),
    y: room.y + Math.round((room.height - height) / 2),
    width,
    height,
  };
}

/**
 * Where the photo lies on a canvas: once, or three times.
 *
 * @param {Scene} scene
 * @param {State['view']} view
 * @param {number} width of the canvas
 * @param {number} height
 * @param {number} unit size of one CSS pixel
 * @returns {{ panel: Panel, box: Box }[]}
 */
export function panelBoxes(scene, view, width, height, unit) {
  if (view === 'overlay') return [{ panel: 'overlay', box: fit(scene, { x: 0, y: 0, width, height }) }];
  const stacked = height > width;
  const gap = 12 * unit;
  const title = 26 * unit;
  return PANELS.map((panel, index) => {
    const room = stacked
      ? { x: 0, y: (height / 3) * index + title, width, height: height / 3 - title }
      : { x: ((width + gap) / 3) * index, y: title, width: (width + gap) / 3 - gap, height: height - title };
    return { panel, box: fit(scene, room) };
  });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {State['view']} view
 * @param {number} unit size of one CSS pixel
 * @param {string} ink colour of the panels' names
 */
export function drawPicture(context, scene, view, unit, ink) {
  const { width, height } = context.canvas;
  context.imageSmoothingQuality = 'high';
  context.font = `500 ${13 * unit}px system-ui, sans-serif`;
  context.textBaseline = 'alphabetic';
  for (const { panel, box } of panelBoxes(scene, view, width, height, unit)) {
    drawPanel(context, scene, panel, box);
    if (view === 'overlay') continue;
    context.fillStyle = ink;
    context.fillText(panel[0].toUpperCase() + panel.slice(1), box.x, box.y - 9 * unit);
  }
}

/** @returns {(state: State) => void} */
export function createPicture() {
  const stage = element('stage', HTMLElement);
  const canvas = element('canvas', HTMLCanvasElement);
  const empty = element('empty', HTMLElement);
  const context = canvas.getContext('2d');
  /** @type {State | null} */
  let last = null;
  /** @type {unknown[]} */
  let drawn = [];

  function draw() {
    if (!last || !context) return;
    const subject = last.incoming ?? last.shown;
    const scene = subject && sceneOf(subject, last.opacity, pictured(subject, last));
    const unit = window.devicePixelRatio;
    const width = Math.round(stage.clientWidth * unit);
    const height = Math.round(stage.clientHeight * unit);
    const ink = getComputedStyle(stage).color;
    // Progress events come often; the picture changes seldom.
    const wanted = [scene?.image, scene?.heat, last.opacity, last.view, width, height, ink];
    if (wanted.every((value, index) => value === drawn[index])) return;
    drawn = wanted;
    canvas.width = width;
    canvas.height = height;
    if (scene) drawPicture(context, scene, last.view, unit, ink);
  }

  new ResizeObserver(draw).observe(stage);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);

  return (state) => {
    last = state;
    stage.dataset.view = state.view;
    empty.hidden = Boolean(state.incoming ?? state.shown);
    draw();
  };
}
