// Writes manifest.json into a built site: what the page must know of the model before it asks for it.
// (The size for the progress bar cannot come from Content-Length, which counts compressed bytes.)
//
//     node tools/manifest.mjs SITE

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MODEL = 'www/models/resnet18-flowers102.safetensors';

const site = process.argv[2];
const model = readFileSync(join(site, MODEL));
const version = /^version = "(.+)"$/m.exec(
  readFileSync(new URL('../Cargo.toml', import.meta.url), 'utf8'),
)?.[1];
const manifest = {
  version,
  model: { url: MODEL, bytes: model.length, sha256: createHash('sha256').update(model).digest('hex') },
};
writeFileSync(join(site, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
