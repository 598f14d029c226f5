// Reads .safetensors files, in Node and in a browser's worker: 8 bytes of header length, a JSON header, the tensors.

/** @param {number} bits of an IEEE half-precision number */
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent ? sign * (1 + fraction / 1024) * 2 ** (exponent - 15) : sign * fraction * 2 ** -24;
}

export class Tensors {
  #header;
  #data;

  /** @param {ArrayBuffer} file */
  constructor(file) {
    const end = 8 + Number(new DataView(file).getBigUint64(0, true));
    this.#header = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 8, end - 8)));
    this.#data = file.slice(end);
  }

  /** @param {string} key */
  metadata(key) {
    return /** @type {string} */ (this.#header.__metadata__[key]);
  }

  /** @param {string} name */
  has(name) {
    return name in this.#header;
  }

  /** @param {string} name @returns {number[]} */
  shape(name) {
    return this.#entry(name).shape;
  }

  /** @param {string} name @returns {Float32Array<ArrayBuffer>} */
  values(name) {
    const { dtype, data_offsets: offsets } = this.#entry(name);
    const bytes = this.#data.slice(...offsets);
    switch (dtype) {
      case 'F32':
        return new Float32Array(bytes);
      case 'F16':
        return Float32Array.from(new Uint16Array(bytes), half);
      case 'U8':
        return Float32Array.from(new Uint8Array(bytes));
      default:
        throw new Error(`The tensor ${name} is of type ${dtype}, which the benchmark does not read.`);
    }
  }

  /** @param {string} name @returns {{ dtype: string, shape: number[], data_offsets: [number, number] }} */
  #entry(name) {
    const entry = this.#header[name];
    if (!entry) throw new Error(`There is no tensor ${name}.`);
    return entry;
  }
}
