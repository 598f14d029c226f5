// How many bytes of code travel to a visitor, compressed as static hosts do at best.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { ROOT } from './files.mjs';

const SITE = `${ROOT}dist/`;
const ONNXRUNTIME = `${ROOT}benches/browser/node_modules/onnxruntime-web/dist/`;

/** The library's code apart from the engines', and what the page adds to it. */
const LIBRARY = /^www\/(gradcam\.js|engine\/.*\.js)$/;
const PAGE = /^(?!www\/(gradcam\.js|engine\/|wasm\/)).*\.(html|js|css|svg)$/;

const compress = promisify(brotliCompress);

/** @param {string} file */
async function compressed(file) {
  const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  return (await compress(readFileSync(file), options)).length;
}

/** @param {string[]} files */
async function total(files) {
  const sizes = await Promise.all(files.map(compressed));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Paths of the built site's files, relative to it. @returns {string[]} */
function siteFiles() {
  return readdirSync(SITE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(SITE.length));
}

/** The engine of each flavour with the library around it; the whole page around that; onnxruntime-web's wasm backend. */
export async function downloads(/** @type {string[]} */ flavours) {
  const files = siteFiles();
  const bytes = (/** @type {RegExp} */ which) =>
    total(files.filter((file) => which.test(file)).map((file) => SITE + file));
  const library = await bytes(LIBRARY);
  const engines = await Promise.all(
    flavours.map(async (flavour) => ({
      flavour,
      bytes: library + (await bytes(new RegExp(`^www/wasm/${flavour}/.*\\.(js|wasm)$`))),
    })),
  );
  const onnxruntime = await total(
    ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'].map(
      (file) => ONNXRUNTIME + file,
    ),
  );
  return { engines, page: await bytes(PAGE), onnxruntime };
}
