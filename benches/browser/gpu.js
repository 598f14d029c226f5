// Sees to it that a worker that is to compute on the GPU does: some engines take to the processor without a word.

/** The layers with weights of a ResNet-18. No engine computes two of them in one dispatch. */
const LAYERS = 21;

let expected = 0;
let dispatches = 0;

/** From now on, every task has to give the GPU no less to do than a forward. */
export function expectGpu() {
  const passes = GPUComputePassEncoder.prototype;
  const dispatch = passes.dispatchWorkgroups;
  passes.dispatchWorkgroups = function (...counts) {
    dispatches++;
    return dispatch.apply(this, counts);
  };
  expected = LAYERS;
}

/** To be called after every task. */
export function checkGpu() {
  if (dispatches < expected)
    throw new Error(`the GPU was given ${dispatches} dispatches, too few for a forward`);
  dispatches = 0;
}
