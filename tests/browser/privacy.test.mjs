// Nothing leaves the device: the policy forbids it, to the page and to its worker, and the page works without a network.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import test from 'node:test';
import { explained, fromRoot, kept, predictions, Site } from './harness.mjs';
import { photoPath, reference } from './references.mjs';

const site = new Site();

/**
 * Tries every way out. Sent into the page and into the worker, so it stands alone.
 * @param {string} address
 * @returns {Promise<string[]>} the ways that worked
 */
async function tryToReach(address) {
  /** @type {string[]} */
  const reached = [];
  await fetch(address, { method: 'POST', body: 'photo', mode: 'no-cors' }).then(
    () => reached.push('fetch'),
    () => {},
  );
  await new Promise((done) => {
    const request = new XMLHttpRequest();
    request.onloadend = done;
    try {
      request.open('GET', address);
      request.send();
    } catch {
      done(null);
    }
  });
  await new Promise((done) => {
    try {
      const socket = new WebSocket(address.replace('http', 'ws'));
      socket.onopen = socket.onerror = done;
    } catch {
      done(null);
    }
  });
  if (typeof document !== 'undefined') {
    navigator.sendBeacon(address, 'photo');
    await new Promise((done) => {
      const image = new Image();
      image.onload = image.onerror = done;
      image.src = `${address}?photo`;
    });
  }
  await new Promise((done) => setTimeout(done, 300));
  return reached;
}

test('the policy holds in the page, in the worker, and in its threads', async (t) => {
  /** @type {string[]} */
  const arrived = [];
  const elsewhere = createServer((request, response) => {
    arrived.push(`${request.method} ${request.url}`);
    response.writeHead(200, { 'Access-Control-Allow-Origin': '*' }).end();
  });
  await new Promise((done) => elsewhere.listen(0, '127.0.0.1', () => done(null)));
  t.after(() => elsewhere.close());
  const { port } = /** @type {import('node:net').AddressInfo} */ (elsewhere.address());
  const address = `http://127.0.0.1:${port}/`;

  // A thread is deaf once it serves, so it tries before.
  const thread = readFileSync(fromRoot('dist/www/engine/thread.js'), 'utf8');
  const curious = `self.addEventListener('message', async (event) => {
    event.stopImmediatePropagation();
    new BroadcastChannel('thread').postMessage(await (${tryToReach})(${JSON.stringify(address)}));
    void serve(event.data);
  }, { once: true });\n${thread}`;
  const page = await site.open(t, {
    path: '?threads=2',
    allow: /Content Security Policy|Failed to load resource|^request elsewhere/,
    prepare: async (page) => {
      site.answers.set('www/engine/thread.js', (_request, response) =>
        response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(curious),
      );
      await page.addInitScript(() => {
        const reached = new Promise((done) => {
          new BroadcastChannel('thread').onmessage = ({ data }) => done(data);
        });
        Object.assign(window, { reached });
      });
    },
  });
  await explained(page, 'dahlia.jpg');
  assert.deepEqual(await page.evaluate(tryToReach, address), [], 'page');
  const [worker] = page.workers();
  assert.deepEqual(await worker.evaluate(tryToReach, address), [], 'worker');
  assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).reached), [], 'thread');
  assert.deepEqual(arrived, []);
});

test('an own photo needs no network at all, and nothing is asked of one', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  await kept(page);
  /** @type {string[]} */
  const requests = [];
  page.context().on('request', (request) => requests.push(request.url()));
  await page.context().setOffline(true);
  await page.setInputFiles('#file', photoPath('ladybird'));
  await explained(page, 'ladybird.jpg');
  assert.equal((await predictions(page))[0].index, reference('ladybird').best);
  await page.selectOption('#layer', 'layer2.1');
  await explained(page, 'ladybird.jpg');
  assert.deepEqual(
    requests.filter((url) => !/^(blob|data):/.test(url)),
    [],
  );
});

test('a second visit does not download the network again', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  /** @type {string[]} */
  const requests = [];
  page.context().on('request', (request) => requests.push(request.url()));
  await page.reload();
  await explained(page, 'dahlia.jpg');
  assert.deepEqual(
    requests.filter((url) => url.endsWith('.safetensors')),
    [],
  );
});
