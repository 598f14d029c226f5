// Which builds of the engine this browser can run: the flavours of build.sh, whose flags and these probes go together.

/** @typedef {import('../gradcam.d.ts').Flavour} Flavour */
/** @typedef {import('./protocol.d.ts').Plan} Plan */

// Modules of one function each, which a browser finds valid if it knows the instructions in it. A header says that this
// is WebAssembly, version 1; then come sections, each with its number and its length.
const HEADER = [0, 97, 115, 109, 1, 0, 0, 0];
const RETURNS_VECTOR = [1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0];
const SHARES_MEMORY = [1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 5, 4, 1, 3, 1, 1];
const SPLAT = [65, 0, 253, 15];

/** i8x16.popcnt */
const SIMD = probe(HEADER, RETURNS_VECTOR, [10, 10, 1, 8, 0], SPLAT, [253, 98, 11]);
/** f32x4.relaxed_madd */
const RELAXED = probe(HEADER, RETURNS_VECTOR, [10, 19, 1, 17, 0], SPLAT, SPLAT, SPLAT, [253, 133, 2, 11]);
/** i32.atomic.load */
const ATOMICS = probe(HEADER, SHARES_MEMORY, [10, 11, 1, 9, 0, 65, 0, 254, 16, 2, 0, 26, 11]);

/** More threads than this gain little, and phones run the rest on slow cores. */
const MOST_THREADS = 8;
/** Each thread takes memory: a typing error in the page's address must not take all of it. */
const MOST_THREADS_BY_HAND = 64;

/** @param {number[][]} parts */
function probe(...parts) {
  return new Uint8Array(parts.flat());
}

/**
 * What to start, best first; no flavours where the browser can run none.
 *
 * @param {{ flavour?: Flavour, threads?: number }} wanted
 * @returns {Plan}
 */
export function plan({ flavour: wanted, threads: count = 0 }) {
  const byHand = Number.isInteger(count) && count > 0;
  const threads = byHand
    ? Math.min(count, MOST_THREADS_BY_HAND)
    : Math.min(navigator.hardwareConcurrency || 1, MOST_THREADS);
  /** @type {Flavour[]} */
  const flavours = [];
  if (typeof WebAssembly === 'object' && typeof Worker === 'function' && WebAssembly.validate(SIMD)) {
    flavours.push('simd');
    if (WebAssembly.validate(RELAXED)) {
      flavours.unshift('relaxed');
      if (sharesMemory() && (threads > 1 || wanted === 'threads')) flavours.unshift('threads');
    }
  }
  const first = flavours.filter((flavour) => flavour === wanted);
  const others = flavours.filter((flavour) => flavour !== wanted);
  return { flavours: [...first, ...others], threads };
}

/** Whether workers may share memory: only on a page that shares its process with no other site. */
function sharesMemory() {
  return self.crossOriginIsolated && typeof SharedArrayBuffer === 'function' && WebAssembly.validate(ATOMICS);
}
