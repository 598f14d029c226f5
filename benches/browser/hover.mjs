// How long the page takes from pointing at a class to its map in the picture.

import { Samples } from './statistics.mjs';

/** Classes pointed at in turn, from the second: the map of the first is there already. The list shows so many. */
const CLASSES = 7;

/** Milliseconds between them. Not a whole number of frames, so that each finds the display at another point of its own. */
const PAUSE = 93;

/**
 * From the time that the browser gives the pointer's event to the end of drawing; what the display takes comes on top.
 * @param {import('playwright-core').Page} page the site, with a photo explained
 * @param {number} hovers
 * @returns {Promise<Samples>}
 */
export async function timeHovers(page, hovers) {
  await page.getByText(/^All \d+ classes/).click();
  const options = page.locator('#all-classes-list [role="option"]');
  await options.nth(CLASSES).waitFor();
  await page.evaluate(watch);
  const boxes = await Promise.all(
    Array.from({ length: CLASSES }, (_, index) => options.nth(index + 1).boundingBox()),
  );
  /** @type {number[]} */
  const times = [];
  for (let hover = 0; hover < hovers; hover++) {
    const box = boxes[hover % CLASSES];
    if (!box) throw new Error('The list of classes cannot be seen.');
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    // The pause before the question: what is drawn twice counts with the second time.
    await page.waitForTimeout(PAUSE);
    const drawn = await page.waitForFunction(() => /** @type {any} */ (globalThis).hovered());
    times.push(await drawn.jsonValue());
  }
  return new Samples(times);
}

/** Runs in the page: notes when the pointer moved, and when the picture was drawn last since then. */
function watch() {
  let moved = 0;
  /** @type {number | null} */
  let drawn = null;
  document.addEventListener(
    'pointermove',
    ({ timeStamp }) => {
      moved = timeStamp;
      drawn = null;
    },
    true,
  );
  const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById('canvas'));
  const context = /** @type {any} */ (canvas.getContext('2d'));
  const { drawImage } = context;
  context.drawImage = (/** @type {unknown[]} */ ...given) => {
    drawImage.apply(context, given);
    drawn = performance.now() - moved;
  };
  /** @type {any} */ (globalThis).hovered = () => drawn;
}
