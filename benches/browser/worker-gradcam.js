// Our engines, on a ready input.

import { ROOT, answer, download } from './worker.js';

/** Where the flavour has threads. */
const THREADS = 2;

/** @type {any} */
let engine;
/** @type {WebAssembly.Memory} */
let memory;
/** @type {Float32Array} */
let input;

answer({
  async load({ flavour, gpu, build = '' }) {
    const top = new URL(build, ROOT);
    // Started as the site starts its engine.
    const { startBuild } = await import(new URL('dist/www/engine/start.js', top).href);
    const started = await startBuild(new URL(`target/benchmark/${flavour}/benchmark.js`, top), THREADS);
    ({ memory } = started);
    const { Benchmark } = started.engine;
    const model = new Uint8Array(await download('www/models/resnet18-flowers102.safetensors'));
    engine = gpu ? await Benchmark.webgpu(model) : new Benchmark(model);
    input = new Float32Array(await download('target/benchmark/input.f32'));
  },
  forward: () => engine.forward(input),
  map: ({ layer, target }) => engine.explain(input, layer, target),
  layerMaps: ({ target }) => engine.layer_maps(input, target),
  inputGradient: ({ target }) => engine.input_gradient(input, target),
  memory: async () => memory.buffer.byteLength,
});
