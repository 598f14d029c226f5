// A network that cannot be had, or is not one: a sentence that says so, and "Try again" works once it is mended.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { explained, message, Site } from './harness.mjs';
import { MODEL } from './references.mjs';
import { join, split } from './safetensors.mjs';

/** @typedef {import('./harness.mjs').Answer} Answer */
/** @typedef {{ body?: Buffer, answer?: Answer, says: RegExp }} Case */

const URL_OF_MODEL = 'www/models/resnet18-flowers102.safetensors';
const good = readFileSync(MODEL);
const site = new Site();

/** @param {number} status @param {string} type @param {Buffer | string} body @returns {Answer} */
const sends = (status, type, body) => (_request, response) =>
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body);

/**
 * The good model with its header, and perhaps its bytes, changed.
 * @param {(header: import('./safetensors.mjs').Header, data: Buffer) => void} change
 */
function changed(change) {
  const { header, data } = split(Buffer.from(good));
  change(header, data);
  return join(header, data);
}

/**
 * Serves the bad model, sees the sentence, mends the server, and tries again.
 * @param {import('node:test').TestContext} t
 * @param {Case} bad `body` comes with a manifest that vouches for it; `answer` in place of what the manifest says
 */
async function assertMended(t, { body, answer, says }) {
  const page = await site.open(t, {
    allow: /^console: Failed to load resource/,
    prepare: () => {
      site.answers.set(URL_OF_MODEL, answer ?? sends(200, 'application/octet-stream', body ?? ''));
      if (!body) return;
      const sha256 = createHash('sha256').update(body).digest('hex');
      const manifest = { model: { url: URL_OF_MODEL, bytes: body.length, sha256 } };
      site.answers.set('manifest.json', sends(200, 'application/json', JSON.stringify(manifest)));
    },
  });
  assert.match(await message(page), says);
  site.answers.clear();
  await page.getByRole('button', { name: 'Try again' }).click();
  await explained(page, 'dahlia.jpg');
  assert.equal(await page.locator('#alert .notice').count(), 0, 'the message is gone');
}

const html = '<!doctype html><title>Not found</title><p>Nothing here.</p>';
const half = good.length / 2;

/** @type {Record<string, Case>} */
const NOT_WHAT_THE_MANIFEST_SAYS = {
  'ends early': {
    answer: sends(200, 'application/octet-stream', good.subarray(0, half)),
    says: /11,243,878 bytes/,
  },
  'has one byte changed': {
    answer: sends(200, 'application/octet-stream', Buffer.concat([good.subarray(0, -1), Buffer.from([1])])),
    says: /SHA-256/,
  },
  'is a web page': { answer: sends(200, 'text/html', html), says: /59 bytes/ },
  'is not found': { answer: sends(404, 'text/html', html), says: /download/i },
  'is a server error': { answer: sends(500, 'text/plain', 'no'), says: /download/i },
  'is never answered': { answer: (request) => request.socket.destroy(), says: /download/i },
  'breaks off': {
    answer: (request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': good.length });
      response.write(good.subarray(0, half), () => setTimeout(() => request.socket.destroy(), 200));
    },
    says: /download/i,
  },
};

/** @type {Record<string, Case>} */
const NOT_A_NETWORK = {
  'lacks a tensor': {
    body: changed((header) => {
      // Under another name: left out, it would leave a hole that the format forbids.
      header['unexpected.weight'] = header['layer2.0.conv1.weight'];
      delete header['layer2.0.conv1.weight'];
    }),
    says: /layer2\.0\.conv1\.weight/,
  },
  'has a tensor of another shape': {
    body: changed((header) => (header['layer2.0.conv1.weight'].shape = [64, 128, 3, 3])),
    says: /layer2\.0\.conv1\.weight/,
  },
  'has not-a-numbers': {
    body: changed((header, data) =>
      data.writeUInt16LE(0x7e00, header['layer3.0.conv1.weight'].data_offsets[0]),
    ),
    says: /layer3\.0\.conv1\.weight|finite|number/i,
  },
  'has tensors of another type': {
    body: changed((header) => (header['fc.bias'].dtype = 'I16')),
    says: /fc\.bias|I16/,
  },
  'has a header that lies about its length': {
    body: Buffer.concat([
      Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
      good.subarray(8, 4096),
    ]),
    says: /damaged|safetensors/i,
  },
  'is cut short': { body: good.subarray(0, half), says: /damaged|truncated|cut|ends/i },
  'is empty': { body: Buffer.alloc(0), says: /damaged|empty|safetensors|truncated|download/i },
  'has another number of labels': {
    body: changed((header) => (header.__metadata__.labels = '["a", "b"]')),
    says: /label|class/i,
  },
};

for (const [how, bad] of Object.entries({ ...NOT_WHAT_THE_MANIFEST_SAYS, ...NOT_A_NETWORK }))
  test(`a network that ${how}`, (t) => assertMended(t, bad));

test('a manifest that is not there', async (t) => {
  const page = await site.open(t, {
    allow: /^console: Failed to load resource/,
    prepare: () => site.answers.set('manifest.json', sends(404, 'text/html', html)),
  });
  await message(page);
  site.answers.clear();
  await page.getByRole('button', { name: 'Try again' }).click();
  await explained(page, 'dahlia.jpg');
});

test('a network whose download stands still', async (t) => {
  await assertMended(t, {
    answer: (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': good.length });
      response.write(good.subarray(0, half));
    },
    says: /download/i,
  });
});
