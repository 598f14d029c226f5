// The engine of the built site as a visitor's browser starts it, from a model's and a photo's bytes.

import { ROOT, answer, download } from './worker.js';

/** @type {Uint8Array} */
let model;
/** @type {Uint8Array} */
let photo;
/** @type {any} */
let session;

answer({
  async fetch() {
    model = new Uint8Array(await download('dist/www/models/resnet18-flowers102.safetensors'));
    photo = new Uint8Array(await download('dist/www/photos/dahlia.jpg'));
  },
  async start({ flavour }) {
    const { start } = await import(new URL('dist/www/engine/start.js', ROOT).href);
    const { engine } = await start({ flavours: [flavour], threads: 1 });
    session = new engine.Session(model);
  },
  async first() {
    session.open(photo);
    const { target } = await session.explain({}, async () => true);
    return target;
  },
});
