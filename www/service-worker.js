// Keeps one build of the site, whole, so that the page works without a network, and adds the headers that make it
// cross-origin isolated, for hosts that cannot send them. The build puts this file beside index.html, for a service
// worker answers for the folder it lies in, and ahead of it the list of the site's files: to the browser, which compares
// the bytes, every new build is a new service worker.
//
// A page is answered from the build that it was opened with, whatever its host has by then. The service worker of a newer
// one waits until the last such page is closed, or until the only one asks for it: www/offline.js.
//
// `require-corp` and not `credentialless`: every browser with threads knows it, and it hinders nothing here. All that
// the page shows is its own; what a library's user fetches from elsewhere comes by CORS, which satisfies both.

/**
 * What tools/manifest.mjs found in the site.
 *
 * @typedef {object} Site
 * @property {string} build a name that no other build has
 * @property {Record<string, string>} files their SHA-256 by path: all that a page can ask for, but the model
 * @property {{ url: string, sha256: string }} model
 */
/**
 * @typedef {object} Worker what is global here
 * @property {Site} site
 * @property {ServiceWorkerRegistration} registration
 * @property {{ matchAll: (options: { type: 'window' }) => Promise<{ id: string }[]> }} clients
 * @property {() => Promise<void>} skipWaiting
 */
/** @typedef {Event & { waitUntil: (work: Promise<unknown>) => void }} LifeEvent */
/** @typedef {Event & { request: Request, respondWith: (response: Promise<Response>) => void }} FetchEvent */
/** @typedef {MessageEvent<'other pages' | 'take over'> & { source: { id: string } } & LifeEvent} AskEvent */

const worker = /** @type {Worker} */ (/** @type {unknown} */ (self));
const { scope } = worker.registration;
const { build, files, model } = worker.site;

const PAGE = new URL('index.html', scope).href;
/** The SHA-256 of every file by its address. */
const FILES = new Map(Object.entries(files).map(([path, sha256]) => [new URL(path, scope).href, sha256]));

// Caches are shared by all that lies on an origin, other copies of the site included. No address has a space in it.
const CACHE = `gradcam-site ${scope} ${build}`;

/** Takes the whole build, or none of it: where the host has but a part of it yet, the browser tries again later. */
async function install() {
  const kept = await Promise.all(
    [...FILES].map(async ([address, sha256]) => ({ address, file: await fetchChecked(address, sha256) })),
  );
  await keepModel();
  const cache = await caches.open(CACHE);
  await Promise.all(kept.map(({ address, file }) => cache.put(address, isolated(file))));
}

/**
 * Sees to it that the model is kept under its hash, where www/engine/download.js looks for it. The page does so as soon
 * as it has the model; a new build may bring another one, and be opened for the first time without a network.
 */
async function keepModel() {
  const cache = await caches.open('gradcam-models');
  const key = new URL(`www/engine/download.js?model=${model.sha256}`, scope).href;
  if (await cache.match(key)) return;
  const file = await fetchChecked(new URL(model.url, scope).href, model.sha256);
  // A full disk must not keep anybody from a new version.
  await cache.put(key, file).catch(() => {});
}

/**
 * @param {string} address
 * @param {string} sha256
 */
async function fetchChecked(address, sha256) {
  const response = await fetch(address, { cache: 'no-cache' });
  const bytes = await response.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (found !== sha256) throw new Error(`${address} is not of this build.`);
  return new Response(bytes, { headers: response.headers });
}

/** Deletes what the builds before this one have kept. */
async function activate() {
  // The next one may be on its way already, and deletes it all in its turn.
  if (worker.registration.installing || worker.registration.waiting) return;
  for (const name of await caches.keys()) {
    const [kind, where] = name.split(' ');
    if (kind === 'gradcam-site' && where === scope && name !== CACHE) await caches.delete(name);
  }
}

/** @param {Response} response */
function isolated(response) {
  // The browser follows redirects itself, and takes them only as they came.
  if (response.type === 'opaqueredirect') return response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

/** @param {FetchEvent} event */
function answer(event) {
  const { request } = event;
  const address = withoutQuery(request.url);
  if (request.method === 'GET' && FILES.has(address)) event.respondWith(kept(address, request));
  else if (request.mode === 'navigate') event.respondWith(fetch(request).then(isolated));
}

/** @param {string} address */
function withoutQuery(address) {
  const url = new URL(address);
  url.search = '';
  url.hash = '';
  return url.href === scope ? PAGE : url.href;
}

/**
 * @param {string} address
 * @param {Request} request
 */
async function kept(address, request) {
  const file = await caches.match(address, { cacheName: CACHE });
  // Somebody who empties the cache by hand is not to lose the page.
  return file ?? isolated(await fetch(request));
}

/** @param {AskEvent} event */
function hear(event) {
  if (event.data === 'take over') event.waitUntil(worker.skipWaiting());
  else event.waitUntil(tellOfOthers(event));
}

/**
 * Says how many pages beside the one that asks are open under this build.
 *
 * @param {AskEvent} event
 */
async function tellOfOthers({ source, ports: [port] }) {
  const pages = await worker.clients.matchAll({ type: 'window' });
  port.postMessage(pages.filter(({ id }) => id !== source.id).length);
}

self.addEventListener('install', (event) => /** @type {LifeEvent} */ (event).waitUntil(install()));
self.addEventListener('activate', (event) => /** @type {LifeEvent} */ (event).waitUntil(activate()));
self.addEventListener('fetch', (event) => answer(/** @type {FetchEvent} */ (event)));
self.addEventListener('message', (event) => hear(/** @type {any} */ (event)));
