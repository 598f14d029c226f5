// Writes into a built site what its parts must know of it before they ask for it. manifest.json describes the model to the
// page. (The size for the progress bar cannot come from Content-Length, which counts compressed bytes.) The service worker
// begins with the list of the files that it keeps.
//
//     node tools/manifest.mjs SITE

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MODEL = 'www/models/resnet18-flowers102.safetensors';
const WORKER = 'service-worker.js';

const site = process.argv[2];

/** @param {string | Buffer} bytes */
function hash(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Whether a page may ask for it. @param {string} path */
function isAskedFor(path) {
  return !/^(_headers|service-worker\.js)$|\.d\.ts$/.test(path) && statSync(join(site, path)).isFile();
}

const model = readFileSync(join(site, MODEL));
const version = /^version = "(.+)"$/m.exec(
  readFileSync(new URL('../Cargo.toml', import.meta.url), 'utf8'),
)?.[1];
const manifest = { version, model: { url: MODEL, bytes: model.length, sha256: hash(model) } };
writeFileSync(join(site, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);

const paths = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter(isAskedFor).sort();
const files = Object.fromEntries(
  paths.filter((path) => path !== MODEL).map((path) => [path, hash(readFileSync(join(site, path)))]),
);
const worker = readFileSync(join(site, WORKER), 'utf8');
const kept = { files, model: manifest.model };
const build = hash(JSON.stringify(kept) + worker);
writeFileSync(join(site, WORKER), `self.site = ${JSON.stringify({ build, ...kept }, null, 2)};\n\n${worker}`);
