// A photo on the page's side of the engine.

/** A decoded photo, and what it was decoded from, should the worker have moved on to another. */
export class Photo {
  /**
   * @param {import('./protocol.d.ts').PhotoHandle} handle
   * @param {import('./protocol.d.ts').Opened} opened
   */
  constructor(handle, opened) {
    this.handle = handle;
    this.image = new ImageData(new Uint8ClampedArray(opened.pixels), opened.width, opened.height);
    const side = Math.sqrt(opened.crop.length / 4);
    this.crop = new ImageData(new Uint8ClampedArray(opened.crop), side, side);
    this.geometry = opened.geometry;
    this.decode = opened.decode;
  }
}
