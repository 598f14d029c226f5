// Reads and writes .safetensors files: 8 bytes of header length, a JSON header, then the tensors' bytes.

/**
 * @typedef {{ dtype: string, shape: number[], data_offsets: [number, number] }} Entry
 * @typedef {{ [name: string]: Entry } & { __metadata__?: any }} Header
 */

/**
 * @param {Buffer} file
 * @returns {{ header: Header, data: Buffer }}
 */
export function split(file) {
  const end = 8 + Number(file.readBigUInt64LE());
  return { header: JSON.parse(file.toString('utf8', 8, end)), data: file.subarray(end) };
}

/** @param {Header} header @param {Buffer} data */
export function join(header, data) {
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, data]);
}

/** @param {Buffer} file @param {string} name a tensor of float32 */
export function floats(file, name) {
  const { header, data } = split(file);
  if (header[name]?.dtype !== 'F32') throw new Error(`no float32 tensor ${name}`);
  const [start, end] = header[name].data_offsets;
  return new Float32Array(new Uint8Array(data.subarray(start, end)).buffer);
}
