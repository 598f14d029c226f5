// The files that the benchmark reads and makes, and PyTorch's answers among them.

import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { INPUT_SIDE, resnet18 } from './network.js';
import { onnxModel } from './onnx.mjs';
import { Tensors } from './tensors.js';

/** The top of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The built site. */
export const SITE = `${ROOT}dist/`;

const MADE = `${ROOT}target/benchmark`;

// What torchvision normalises a photo with.
const MEAN = [0.485, 0.456, 0.406];
const STANDARD_DEVIATION = [0.229, 0.224, 0.225];

/** @param {string} path from the top of the repository */
function buffer(path) {
  return new Uint8Array(readFileSync(ROOT + path)).buffer;
}

/** The flavours of the engine that a site has been built with. */
export function builtFlavours(site = SITE) {
  return readdirSync(`${site}www/wasm`);
}

/** What PyTorch says about one photo. */
export class Reference {
  #tensors = new Tensors(buffer('tests/fixtures/references/dahlia.safetensors'));

  /** The predicted class. */
  get target() {
    return Number(this.#tensors.metadata('classes').split(',')[0]);
  }

  get logits() {
    return this.#tensors.values('logits');
  }

  get input() {
    const area = INPUT_SIDE * INPUT_SIDE;
    return this.#tensors.values('input').map((pixel, index) => {
      const channel = Math.floor(index / area);
      return (pixel / 255 - MEAN[channel]) / STANDARD_DEVIATION[channel];
    });
  }

  /** @param {string} layer */
  map(layer) {
    return this.#scaled(`${layer}.${this.target}.gradcam`);
  }

  get inputGradient() {
    return this.#scaled(`input_gradient.${this.target}`);
  }

  /** Half-precision values were divided by a scale. @param {string} name */
  #scaled(name) {
    const values = this.#tensors.values(name);
    if (!this.#tensors.has(`${name}.scale`)) return values;
    const [scale] = this.#tensors.values(`${name}.scale`);
    return values.map((value) => value * scale);
  }
}

/** Another checkout of this project, with a build in it. */
export class OtherBuild {
  /** Where the copy that the browser gets lies, from the top of the repository: beside ours, at the same server. */
  path = 'target/other-build/';

  /** @param {string} folder */
  constructor(folder) {
    this.folder = resolve(folder);
    this.site = join(this.folder, 'dist/');
    this.#find('dist/www/wasm');
    this.flavours = builtFlavours(this.site);
    for (const flavour of this.flavours) this.#find(`target/benchmark/${flavour}/benchmark_bg.wasm`);
  }

  /** Has the browser find it. @param {string[]} flavours those that are compared */
  copy(flavours) {
    rmSync(ROOT + this.path, { recursive: true, force: true });
    for (const path of ['dist/www/engine', ...flavours.map((flavour) => `target/benchmark/${flavour}`)])
      cpSync(join(this.folder, path), ROOT + this.path + path, { recursive: true });
  }

  /** @param {string} path */
  #find(path) {
    if (!existsSync(join(this.folder, path)))
      throw new Error(
        `There is no build to compare with in ${this.folder}, which lacks ${path}: run “./build.sh bench --only code” there.`,
      );
  }
}

/** Makes the input that all workers fetch. @param {Reference} reference */
export function prepareInput(reference) {
  mkdirSync(MADE, { recursive: true });
  writeFileSync(`${MADE}/input.f32`, new Uint8Array(reference.input.buffer));
}

/** Makes what the rivals' workers fetch. */
export function prepareRivals() {
  const model = buffer('www/models/resnet18-flowers102.safetensors');
  writeFileSync(`${MADE}/resnet18.onnx`, onnxModel(resnet18(model)));
  buildSync({
    entryPoints: [`${ROOT}benches/browser/tensorflow.js`],
    outfile: `${MADE}/tensorflow.js`,
    bundle: true,
    format: 'esm',
    minify: true,
    logLevel: 'error',
  });
}
