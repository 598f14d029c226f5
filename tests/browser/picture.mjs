// Looks at the pixels on the page's canvas.

/** @typedef {import('playwright-core').Page} Page */

/**
 * A short print of what the canvas shows, the same for the same pixels.
 * @param {Page} page
 * @param {[number, number]} [columns] the share of its width to look at
 * @returns {Promise<string>}
 */
export function canvasPrint(page, columns = [0, 1]) {
  return page.locator('#canvas').evaluate(async (canvas, [from, to]) => {
    // Views draw a microtask after the state changed, sizes change with the next frame.
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    if (!(canvas instanceof HTMLCanvasElement)) throw new Error('not a canvas');
    const { width, height } = canvas;
    const x = Math.round(from * width);
    const pixels = canvas.getContext('2d')?.getImageData(x, 0, Math.round(to * width) - x, height).data;
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', pixels ?? new Uint8Array()));
    return `${width}×${height} ${[...hash.slice(0, 8)].map((byte) => byte.toString(16)).join('')}`;
  }, columns);
}

/**
 * The cell of the 7 × 7 map in which the canvas is lightest, for an opaque heatmap in viridis.
 * @param {Page} page
 * @param {string} photo one of the samples
 */
export function heatPeak(page, photo) {
  return page.evaluate(async (photo) => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const image = document.querySelector(`img[src$="${photo}.jpg"]`);
    const canvas = document.getElementById('canvas');
    if (!(image instanceof HTMLImageElement) || !(canvas instanceof HTMLCanvasElement))
      throw new Error('page');
    await image.decode();
    // The photo lies whole in the middle of the canvas; the network saw 224 of 256 parts of its shorter side.
    const scale = Math.min(canvas.width / image.naturalWidth, canvas.height / image.naturalHeight);
    const side = (Math.min(image.naturalWidth, image.naturalHeight) * scale * 224) / 256;
    const left = (canvas.width - side) / 2;
    const top = (canvas.height - side) / 2;
    // Without the frame around the crop.
    const edge = side / 40;
    const context = canvas.getContext('2d');
    const size = Math.floor(side - 2 * edge);
    const pixels =
      context?.getImageData(Math.ceil(left + edge), Math.ceil(top + edge), size, size).data ?? [];
    let lightest = -1;
    let [sumX, sumY, count] = [0, 0, 0];
    for (let i = 0; i < pixels.length; i += 4) {
      const light = 0.2126 * pixels[i] + 0.7152 * pixels[i + 1] + 0.0722 * pixels[i + 2];
      if (light < lightest) continue;
      if (light > lightest) {
        lightest = light;
        [sumX, sumY, count] = [0, 0, 0];
      }
      sumX += (i / 4) % size;
      sumY += Math.floor(i / 4 / size);
      count++;
    }
    /** @param {number} sum */
    const cell = (sum) => Math.floor(((sum / count + edge) / side) * 7);
    return { row: cell(sumY), column: cell(sumX) };
  }, photo);
}

/**
 * Width and height of a PNG file, or an error where it is none.
 * @param {Buffer} file
 */
export function pngSize(file) {
  if (file.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') throw new Error('not a PNG');
  return [file.readUInt32BE(16), file.readUInt32BE(20)];
}
