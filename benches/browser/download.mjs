// How many bytes of code travel to a visitor, compressed as static hosts do at best.

import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { ROOT, SITE } from './files.mjs';

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

/** A built site's files. @param {string} site @param {RegExp} which of their paths, relative to it */
function siteFiles(site, which) {
  return readdirSync(site, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => which.test(file.slice(site.length)));
}

/**
 * The engine of each flavour with the library around it; and how large its WebAssembly is as it runs.
 * @param {string[]} flavours @param {string} site
 */
export async function engineDownloads(flavours, site = SITE) {
  const library = await total(siteFiles(site, LIBRARY));
  return Promise.all(
    flavours.map(async (flavour) => {
      const files = siteFiles(site, new RegExp(`^www/wasm/${flavour}/.*\\.(js|wasm)$`));
      const wasm = files.filter((file) => file.endsWith('.wasm')).map((file) => statSync(file).size);
      return {
        flavour,
        bytes: library + (await total(files)),
        wasm: wasm.reduce((sum, size) => sum + size, 0),
      };
    }),
  );
}

/** The engines; what the whole page adds to one; onnxruntime-web's wasm backend. @param {string[]} flavours */
export async function downloads(flavours) {
  const engines = await engineDownloads(flavours);
  const onnxruntime = await total(
    ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'].map(
      (file) => ONNXRUNTIME + file,
    ),
  );
  return { engines, page: await total(siteFiles(SITE, PAGE)), onnxruntime };
}
