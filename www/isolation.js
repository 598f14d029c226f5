// Cross-origin isolation, without which there are no threads, on hosts that cannot send its headers.

/**
 * Asks for the service worker that adds the headers, where the page came without them. It answers from the next visit
 * on. This one goes on with one thread: a reload would start it over, the downloads too, to save less than a second a
 * photo, and might come when the visitor has done something already.
 */
export async function askForIsolation() {
  if (self.crossOriginIsolated) return;
  try {
    await navigator.serviceWorker?.register(new URL('service-worker.js', document.baseURI));
  } catch {
    // A private window, or a page that is not served securely: there will be one thread on the next visit too.
  }
}
