// The figure: all panels with legend and captions, as a list of pictures and lines of text with their places. What it is
// written as, SVG or PNG, knows nothing of what is on it.

import { logit, number, percent } from '../view/format.js';
import { LEGEND_COLORS, legendWords } from '../view/legend.js';
import { methodName } from '../view/method-words.js';
import { drawPanel, fit, sceneOf } from '../view/picture.js';
import { canvasOf, createCanvas, overlaid } from './canvas.js';

/** @typedef {import('../gradcam.js').GradCam} GradCam */
/** @typedef {import('../gradcam.js').Comparison} Comparison */
/** @typedef {import('../gradcam.js').Photo} Photo */
/** @typedef {import('../view/state.js').State} State */
/** @typedef {import('../view/state.js').Result} Result */

/** @typedef {{ kind: 'picture', canvas: HTMLCanvasElement, x: number, y: number, width: number, height: number }} Picture */

/**
 * `y` is that of the baseline.
 *
 * @typedef {object} Line
 * @property {'line'} kind
 * @property {string} text
 * @property {number} x
 * @property {number} y
 * @property {number} size
 * @property {boolean} bold
 * @property {boolean} muted
 * @property {'start' | 'middle' | 'end'} anchor
 */

/** @typedef {{ width: number, height: number, title: string, parts: (Picture | Line)[] }} Figure */

export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';
export const INK = '#1a1f1c';
export const MUTED = '#4c544e';
export const PAPER = '#ffffff';

const MARGIN = 28;
const GAP = 18;
const PANEL = 320;
const WIDTH = 2 * MARGIN + 3 * PANEL + 2 * GAP;

// Tall photos leave room for the rest.
const TALLEST = 1.25 * PANEL;

// Pixels per unit: sharp at twice the size, and not a camera's worth of them.
const DENSITY = 2.5;

/** @type {import('../view/picture.js').Panel[]} */
const PANELS = ['photo', 'heatmap', 'overlay'];

/** Puts parts one below the other. */
class Sheet {
  /** @type {(Picture | Line)[]} */
  parts = [];
  y = MARGIN;
  #ruler = createCanvas(1, 1).context;

  /**
   * A line of text, shortened where it would not fit.
   *
   * @param {string} text
   * @param {Partial<Line> & { room?: number }} [how]
   */
  write(text, { x = MARGIN, y = this.y, size = 13, room = WIDTH - MARGIN - x, ...how } = {}) {
    const { bold = false, muted = false, anchor = 'start' } = how;
    this.#ruler.font = `${bold ? 600 : 400} ${size}px ${FONT}`;
    this.parts.push({ kind: 'line', text: this.#shorten(text, room), x, y, size, bold, muted, anchor });
  }

  /** @param {string} text @param {number} room */
  #shorten(text, room) {
    // Elsewhere the same font may run a little wider.
    const fits = (/** @type {string} */ each) => this.#ruler.measureText(each).width <= 0.97 * room;
    if (fits(text)) return text;
    const letters = [...text];
    while (letters.length > 1 && !fits(`${letters.join('')}…`)) letters.pop();
    return `${letters.join('').trimEnd()}…`;
  }

  /** @param {HTMLCanvasElement} canvas @param {{ x: number, y: number, width: number, height: number }} box */
  place(canvas, { x, y, width, height }) {
    this.parts.push({ kind: 'picture', canvas, x, y, width, height });
  }
}

/** @param {number} column */
function left(column) {
  return MARGIN + column * (PANEL + GAP);
}

/**
 * @param {Sheet} sheet
 * @param {import('../view/picture.js').Scene} scene
 */
function placePanels(sheet, scene) {
  const height = Math.min((PANEL * scene.height) / scene.width, TALLEST);
  PANELS.forEach((panel, column) => {
    const room = { x: left(column), y: sheet.y + 10, width: PANEL, height: Math.round(height) };
    const box = fit(scene, room);
    const { canvas, context } = createCanvas(
      Math.round(DENSITY * box.width),
      Math.round(DENSITY * box.height),
    );
    context.imageSmoothingQuality = 'high';
    drawPanel(context, scene, panel, { x: 0, y: 0, width: canvas.width, height: canvas.height });
    sheet.write(panel[0].toUpperCase() + panel.slice(1), { x: box.x, bold: true });
    sheet.place(canvas, box);
  });
  sheet.y += 10 + Math.round(height);
}

/**
 * @param {Sheet} sheet
 * @param {ImageData} colors
 * @param {{ title: string, low: string, middle: string, high: string }} words
 */
function placeLegend(sheet, colors, { title, low, middle, high }) {
  sheet.write(title, { y: sheet.y + 28, size: 12, muted: true });
  sheet.place(canvasOf(colors), { x: MARGIN, y: sheet.y + 36, width: PANEL, height: 10 });
  const y = sheet.y + 60;
  sheet.write(low, { y, size: 12 });
  sheet.write(middle, { y, size: 12, x: MARGIN + PANEL / 2, anchor: 'middle' });
  sheet.write(high, { y, size: 12, x: MARGIN + PANEL, anchor: 'end' });
  sheet.y += 60;
}

/**
 * The three maps of a comparison, on one scale.
 *
 * @param {Sheet} sheet
 * @param {GradCam} cam
 * @param {Photo} photo
 * @param {Comparison} comparison
 * @param {number} opacity
 */
async function placeComparison(sheet, cam, photo, { predicted, expected, maps, range }, opacity) {
  const { width, height } = photo.crop;
  const painted = await Promise.all(
    [maps.predicted, maps.expected, maps.margin].map((map) =>
      cam.paint(map, { width, height, scale: 'signed', range }),
    ),
  );
  const titles = [
    `For ${predicted.label}, logit ${logit(predicted.logit)}`,
    `For ${expected.label}, logit ${logit(expected.logit)}`,
    `The difference, ${logit(predicted.logit - expected.logit)}`,
  ];
  sheet.y += 44;
  sheet.write(`Why ${predicted.label} and not ${expected.label}?`, { size: 15, bold: true });
  sheet.y += 26;
  painted.forEach((heat, column) => {
    const x = left(column);
    sheet.write(titles[column], { x, bold: true, room: PANEL });
    const picture = overlaid(photo.crop, heat, opacity, { grey: true });
    sheet.place(picture, { x, y: sheet.y + 10, width: PANEL, height: PANEL });
  });
  sheet.y += 10 + PANEL;
  placeLegend(sheet, await cam.legend({ scale: 'signed', count: LEGEND_COLORS }), {
    title: `HiResCAM at ${maps.margin.layer}: against ← logit units → for`,
    low: number(-range),
    middle: '0',
    high: `+${number(range)}`,
  });
}

/**
 * @param {State} state
 * @param {Result} result
 */
function headline({ settings }, { explanation: { predictions, target, map } }) {
  const [best] = predictions;
  const head = `${target.label}: ${percent(target.probability)}, logit ${logit(target.logit)}`;
  const verdict =
    target.index === best.index ? '' : `; the network says ${best.label} (${percent(best.probability)})`;
  const scale = {
    positive: 'ReLU, divided by the maximum',
    'min-max': 'from minimum to maximum',
    signed: 'signed, symmetric about zero',
  }[settings.scale];
  return {
    head: head + verdict,
    how: `${methodName(map.method)} at ${map.layer}, ${map.width} × ${map.height} values, ${scale}`,
  };
}

/**
 * What computed it, so that it can be done again.
 *
 * @param {State} state
 * @param {Result} result
 */
function provenance({ model, version }, { explanation: { engine } }) {
  const computed =
    engine.kind === 'webgpu'
      ? `WebGPU${engine.adapter ? `, ${engine.adapter}` : ''}`
      : `CPU, ${engine.simd}, ${engine.threads} ${engine.threads === 1 ? 'thread' : 'threads'}`;
  const hash = model?.sha256 ? ` (SHA-256 ${model.sha256.slice(0, 12)}…)` : '';
  return `Model ${model?.architecture}${hash}. Computed on ${computed}. Grad-CAM in the browser ${version}.`;
}

/**
 * Lays out what is on the page. `comparison` adds its three maps.
 *
 * @param {State} state
 * @param {GradCam} cam
 * @param {Comparison | null} comparison
 * @returns {Promise<Figure>}
 */
export async function layOut(state, cam, comparison) {
  const { shown, opacity } = state;
  const scene = shown && sceneOf(shown, opacity);
  if (!shown?.photo || !shown.result || !scene)
    throw new Error('There is no explained photo to make a figure of.');
  const { head, how } = headline(state, shown.result);
  const sheet = new Sheet();
  sheet.y += 16;
  sheet.write(head, { size: 20, bold: true });
  sheet.y += 22;
  sheet.write(how, { muted: true });
  sheet.y += 34;
  placePanels(sheet, scene);
  placeLegend(sheet, shown.result.legend, legendWords(shown.result));
  if (comparison) await placeComparison(sheet, cam, shown.photo, comparison, opacity);
  sheet.y += 34;
  const lines = [
    `${shown.name}. The outlined square is what the network saw.`,
    provenance(state, shown.result),
    'A map shows association, not cause: where evidence was counted, not whether the answer is right.',
  ];
  for (const line of lines) {
    sheet.write(line, { size: 12, muted: true });
    sheet.y += 19;
  }
  return {
    width: WIDTH,
    height: Math.round(sheet.y - 19 + MARGIN),
    title: `${shown.name}: ${head}`,
    parts: sheet.parts,
  };
}
