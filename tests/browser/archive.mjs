// Reads what the page saves, by its own means: ZIP archives, and NumPy arrays within them. And makes archives for it to read.

import assert from 'node:assert/strict';
import { deflateRawSync } from 'node:zlib';

/** CRC-32 as in ZIP (ISO 3309), bit by bit. @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/**
 * The files of an archive, in the order of its directory, which must be that of its entries. Sizes, checksums and names
 * are held to agree wherever they are said twice.
 *
 * @param {Buffer} zip
 * @returns {Map<string, Buffer>}
 */
export function readZip(zip) {
  const end = zip.length - 22;
  assert.equal(zip.readUInt32LE(end), 0x06054b50, 'ends with the record that ends a directory');
  const count = zip.readUInt16LE(end + 10);
  assert.equal(zip.readUInt16LE(end + 8), count);
  const directory = zip.readUInt32LE(end + 16);
  assert.equal(directory + zip.readUInt32LE(end + 12), end, 'the directory is just before its end');
  /** @type {Map<string, Buffer>} */
  const files = new Map();
  let [at, next] = [directory, 0];
  for (let index = 0; index < count; index++) {
    assert.equal(zip.readUInt32LE(at), 0x02014b50, 'an entry of the directory');
    const header = zip.readUInt32LE(at + 42);
    assert.equal(header, next, 'entries follow each other without gaps, in the order of the directory');
    assert.equal(zip.readUInt32LE(header), 0x04034b50, 'the header of a file');
    assert.equal(zip.readUInt16LE(header + 8), 0, 'stored');
    // Method, time, checksum and both sizes; both records say them.
    assert.deepEqual(zip.subarray(at + 10, at + 30), zip.subarray(header + 8, header + 28));
    const length = zip.readUInt16LE(at + 28);
    const name = zip.toString('utf8', at + 46, at + 46 + length);
    assert.equal(zip.toString('utf8', header + 30, header + 30 + length), name);
    const start = header + 30 + length + zip.readUInt16LE(header + 28);
    const size = zip.readUInt32LE(at + 24);
    assert.equal(zip.readUInt32LE(at + 20), size);
    const bytes = zip.subarray(start, start + size);
    assert.equal(crc32(bytes), zip.readUInt32LE(at + 16), `checksum of ${name}`);
    assert.ok(!files.has(name), `${name} is there once`);
    files.set(name, bytes);
    next = start + size;
    at += 46 + length + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  assert.equal(at, end);
  assert.equal(next, directory);
  return files;
}

/**
 * An archive of files, stored or deflated.
 *
 * @param {{ name: string, bytes: Uint8Array }[]} files
 * @param {{ deflated?: boolean }} [options]
 */
export function makeZip(files, { deflated = false } = {}) {
  /** @type {Buffer[]} */
  const parts = [];
  /** @type {Buffer[]} */
  const directory = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const data = deflated ? deflateRawSync(bytes) : bytes;
    const title = Buffer.from(name);
    // Version, flags (names in UTF-8), method, time and date, checksum, sizes, length of the name, no extra field.
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(0x800, 2);
    facts.writeUInt16LE(deflated ? 8 : 0, 4);
    facts.writeUInt32LE(0x21 << 16, 6);
    facts.writeUInt32LE(crc32(bytes), 10);
    facts.writeUInt32LE(data.length, 14);
    facts.writeUInt32LE(bytes.length, 18);
    facts.writeUInt16LE(title.length, 22);
    parts.push(Buffer.from('PK\x03\x04'), facts, title, Buffer.from(data));
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), facts, place, title);
    offset += 30 + title.length + data.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, entries, Buffer.from('PK\x05\x06'), end]);
}

/**
 * A NumPy array of two dimensions, float32, row by row.
 *
 * @param {Buffer} npy
 */
export function readNpy(npy) {
  assert.equal(npy.toString('latin1', 0, 6), '\x93NUMPY');
  assert.deepEqual([...npy.subarray(6, 8)], [1, 0], 'version 1.0');
  const start = 10 + npy.readUInt16LE(8);
  assert.equal(start % 64, 0, 'the values are aligned');
  const header = npy.toString('latin1', 10, start);
  assert.ok(header.endsWith('\n'));
  assert.match(header, /'descr': '<f4'/);
  assert.match(header, /'fortran_order': False/);
  const shape = /'shape': \((\d+), (\d+)\)/.exec(header);
  assert.ok(shape, header);
  const [rows, columns] = shape.slice(1).map(Number);
  assert.ok(rows > 0 && columns > 0);
  assert.equal(npy.length - start, 4 * rows * columns);
  const values = Array.from({ length: rows * columns }, (_, index) => npy.readFloatLE(start + 4 * index));
  assert.ok(values.every(Number.isFinite));
  return { rows, columns, values };
}
