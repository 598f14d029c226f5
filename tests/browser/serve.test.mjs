// The static server: types, and nothing from outside its folder.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { serve } from '../../tools/serve.mjs';

/**
 * One request, its path sent as it is (fetch would tidy it up).
 * @param {string} url
 * @param {string} path
 * @param {string} [method]
 * @returns {Promise<{ status?: number, headers: import('node:http').IncomingHttpHeaders, body: string }>}
 */
function ask(url, path, method = 'GET') {
  return new Promise((done, fail) => {
    request(url, { path, method }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += chunk));
      response.on('end', () => done({ status: response.statusCode, headers: response.headers, body }));
    })
      .on('error', fail)
      .end();
  });
}

test('the static server', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'serve-'));
  const root = join(folder, 'site');
  mkdirSync(join(root, 'sub folder'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(root, 'index.html'), 'home');
  writeFileSync(join(root, 'sub folder', 'index.html'), 'sub');
  for (const name of ['a.wasm', 'a.js', 'a.safetensors', 'a.webmanifest', 'ä b.css'])
    writeFileSync(join(root, name), name);
  symlinkSync(join(folder, 'secret.txt'), join(root, 'link.txt'));
  const { url, close } = await serve(root, { port: 0, base: '/base/', headers: { 'X-Own': 'yes' } });
  t.after(async () => {
    await close();
    rmSync(folder, { recursive: true });
  });

  await t.test('serves files with their types, uncached', async () => {
    for (const [path, type] of [
      ['a.wasm', 'application/wasm'],
      ['a.js', 'text/javascript; charset=utf-8'],
      ['a.webmanifest', 'application/manifest+json'],
      ['a.safetensors', 'application/octet-stream'],
      ['%C3%A4%20b.css', 'text/css; charset=utf-8'],
      ['', 'text/html; charset=utf-8'],
      ['?query', 'text/html; charset=utf-8'],
    ]) {
      const { status, headers } = await ask(url, `/base/${path}`);
      assert.deepEqual([status, headers['content-type'], headers['cache-control']], [200, type, 'no-cache']);
    }
  });

  await t.test('sends the headers it is given with every answer', async () => {
    for (const path of ['/base/a.js', '/base/missing', '/base/sub%20folder'])
      assert.equal((await ask(url, path)).headers['x-own'], 'yes', path);
  });

  await t.test('answers HEAD without a body, and refuses to be written to', async () => {
    const head = await ask(url, '/base/a.js', 'HEAD');
    assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, '4', '']);
    assert.equal((await ask(url, '/base/a.js', 'POST')).status, 405);
  });

  await t.test('leads to the slash of a folder, on this host only', async () => {
    const { status, headers } = await ask(url, '/base/sub%20folder');
    assert.deepEqual([status, headers.location], [301, '/base/sub%20folder/']);
    assert.equal((await ask(url, '/base/sub%20folder/')).body, 'sub');
    assert.equal((await ask(url, '/base')).status, 404);
    assert.equal((await ask(url, '/')).status, 404);
  });

  await t.test('keeps to its folder', async () => {
    for (const path of [
      '../secret.txt',
      '..%2fsecret.txt',
      '%2e%2e/secret.txt',
      'link.txt',
      '%00',
      'missing',
    ]) {
      const { status, body } = await ask(url, `/base/${path}`);
      assert.equal(status, 404, path);
      assert.doesNotMatch(body, /secret/);
    }
    assert.equal((await ask(url, '/base/%zz')).status, 400);
  });

  await t.test('takes the next port where one is taken', async () => {
    const port = Number(new URL(url).port);
    const second = await serve(root, { port });
    assert.ok(Number(new URL(second.url).port) > port);
    await second.close();
  });
});
