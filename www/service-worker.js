// Adds to the page the headers that make it cross-origin isolated, for hosts that cannot send them. The build puts this
// file beside index.html: a service worker answers for the folder it lies in. Whatever is not a page goes past it.
//
// `require-corp` and not `credentialless`: every browser with threads knows it, and it hinders nothing here. All that
// the page shows is its own; what a library's user fetches from elsewhere comes by CORS, which satisfies both.

/** @typedef {Event & { request: Request, respondWith: (response: Promise<Response>) => void }} FetchEvent */

/** @param {Request} request */
async function isolated(request) {
  const response = await fetch(request);
  // The browser follows redirects itself, and takes them only as they came.
  if (response.type === 'opaqueredirect') return response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

/** @param {FetchEvent} event */
function answer(event) {
  if (event.request.mode === 'navigate') event.respondWith(isolated(event.request));
}

self.addEventListener('fetch', (event) => answer(/** @type {FetchEvent} */ (event)));
