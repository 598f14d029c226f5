// onnxruntime-web's wasm backend, or its WebGPU backend, which comes in a build of its own.

import { ROOT, answer, download } from './worker.js';

const PACKAGE = new URL('benches/browser/node_modules/onnxruntime-web/dist/', ROOT);

/** @type {Uint8Array} */
let model;
/** @type {any} */
let input;
/** @type {any} */
let session;

async function fetchBytes() {
  model = new Uint8Array(await download('target/benchmark/resnet18.onnx'));
  input = new Float32Array(await download('target/benchmark/input.f32'));
}

/** @param {{ threads: number, gpu?: boolean }} options */
async function start({ threads, gpu }) {
  const backend = gpu ? 'webgpu' : 'wasm';
  const ort = await import(new URL(`ort.${backend}.min.mjs`, PACKAGE).href);
  ort.env.wasm.wasmPaths = PACKAGE.href;
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.proxy = false;
  session = await ort.InferenceSession.create(model, {
    executionProviders: [backend],
    graphOptimizationLevel: 'all',
  });
  input = new ort.Tensor('float32', input, [1, 3, 224, 224]);
}

answer({
  fetch: fetchBytes,
  start,
  async load(options) {
    await fetchBytes();
    await start(options);
  },
  async forward() {
    const { logits } = await session.run({ input });
    return logits.data;
  },
});
