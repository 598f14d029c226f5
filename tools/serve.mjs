// A static file server without dependencies, for looking at the built site and for its tests.
//
//     node tools/serve.mjs [FOLDER] [PORT]        defaults: dist 8000; a taken port gives way to the next

import { createReadStream, existsSync, realpathSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Makes a page cross-origin isolated, which is what a browser asks of a page that wants threads. */
export const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.ts': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.wasm': 'application/wasm',
};

/**
 * The file a request path means, or undefined: never one outside `root`, whether by `..` or by a link.
 * @param {string} root a real path
 * @param {string} path decoded, relative to `root`
 */
function resolve(root, path) {
  if (path.includes('\0')) return undefined;
  let file = join(root, path);
  if (!existsSync(file)) return undefined;
  if (statSync(file).isDirectory()) file = join(file, 'index.html');
  if (!existsSync(file)) return undefined;
  const real = realpathSync(file);
  return real.startsWith(root + sep) && statSync(real).isFile() ? real : undefined;
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {string} root
 * @param {string} base
 */
function answer(request, response, root, base) {
  /** @param {number} status @param {string} text @param {Record<string, string>} [headers] */
  const refuse = (status, text, headers) =>
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers }).end(`${text}\n`);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(405, 'Only GET and HEAD.', { Allow: 'GET, HEAD' });
  const url = request.url ?? '/';
  const query = url.search(/[?#]/);
  const address = query < 0 ? url : url.slice(0, query);
  let path;
  try {
    path = decodeURIComponent(address);
  } catch {
    return refuse(400, 'Not an address.');
  }
  if (!path.startsWith(base)) return refuse(404, 'Not found.');
  const file = resolve(root, path.slice(base.length));
  if (!file) return refuse(404, 'Not found.');
  // A folder's relative links hold only below its slash.
  if (file.endsWith(`${sep}index.html`) && !/(\/|\/index\.html)$/.test(path)) {
    return refuse(301, 'Moved.', { Location: `${address.replace(/^\/+/, '/')}/` });
  }
  response.writeHead(200, {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Content-Length': statSync(file).size,
    'Cache-Control': 'no-cache',
    'X-Content-Type-Options': 'nosniff',
  });
  if (request.method === 'HEAD') return response.end();
  createReadStream(file)
    .on('error', () => response.destroy())
    .pipe(response);
}

/**
 * Serves a folder on this machine only.
 * @param {string} root
 * @param {object} [options]
 * @param {number} [options.port] 0 takes any free one
 * @param {string} [options.base] the path the folder appears under, from slash to slash
 * @param {Record<string, string>} [options.headers] sent with every answer
 * @param {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => boolean}
 *   [options.instead] may answer a request itself, and says whether it did
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function serve(root, { port = 8000, base = '/', headers = {}, instead = () => false } = {}) {
  const real = realpathSync(root);
  const server = createServer((request, response) => {
    response.setHeaders(new Map(Object.entries(headers)));
    if (!instead(request, response)) answer(request, response, real, base);
  });
  /** @param {number} at */
  const listen = (at) =>
    /** @type {Promise<void>} */ (
      new Promise((done, fail) => {
        server.once('error', fail).listen(at, '127.0.0.1', () => {
          server.off('error', fail);
          done();
        });
      })
    );
  for (let at = port; ; at++) {
    try {
      await listen(at);
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EADDRINUSE' || at - port >= 100) throw error;
    }
  }
  const { port: taken } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${taken}${base}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [root = 'dist', port = '8000'] = process.argv.slice(2);
  if (!existsSync(root)) {
    process.stderr.write(`There is no folder ${root}: ./build.sh build makes the site.\n`);
    process.exit(1);
  }
  const { url } = await serve(root, { port: Number(port), headers: ISOLATION });
  process.stdout.write(`${url}   (Ctrl-C to stop)\n`);
}
