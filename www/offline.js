// The page's side of www/service-worker.js: has it keep the site, and hears of new versions.

/** How often the host is asked for a new version at most, in milliseconds. */
const INTERVAL = 3_600_000;

/**
 * Has the site kept, so that the next visit needs no network. Where the host cannot send the headers that allow threads,
 * they come with it. This visit goes on as it is: a reload would start it over, to save less than a second a photo, and
 * might come when the visitor has done something already.
 *
 * @param {() => void} announce called when a new version is there, and waits
 * @returns {Promise<ServiceWorkerRegistration | null>} null where the browser keeps nothing
 */
export async function keepSite(announce) {
  let registration;
  try {
    registration = await navigator.serviceWorker.register(new URL('service-worker.js', document.baseURI));
  } catch {
    // A private window, or a page that is not served securely: the next visit is like this one.
    return null;
  }
  if (registration.waiting) announce();
  const follow = () => {
    const { installing, active } = registration;
    // The first one of all brings nothing new.
    if (!installing || !active) return;
    installing.addEventListener('statechange', () => {
      if (installing.state === 'installed') announce();
    });
  };
  follow();
  registration.addEventListener('updatefound', follow);
  askAgain(registration);
  return registration;
}

/**
 * Browsers ask for a new version when a page is opened: this is for those that stay open.
 *
 * @param {ServiceWorkerRegistration} registration
 */
function askAgain(registration) {
  let asked = Date.now();
  document.addEventListener('visibilitychange', () => {
    if (document.hidden || Date.now() - asked < INTERVAL) return;
    asked = Date.now();
    // There may be no network now.
    registration.update().catch(() => {});
  });
}

/**
 * Opens the page anew under the new version, unless other pages are open under the old one: it would change the files
 * under their hands.
 *
 * @param {ServiceWorkerRegistration} registration
 * @returns {Promise<boolean>} whether it could
 */
export async function changeVersion({ active, waiting }) {
  // None waits for a page of which no file was kept.
  if (waiting) {
    if (active && (await othersUnder(active)) > 0) return false;
    await takeOver(waiting);
  }
  location.reload();
  return true;
}

/**
 * @param {ServiceWorker} worker
 * @returns {Promise<number>} how many other pages are open under it
 */
function othersUnder(worker) {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => done(data);
    worker.postMessage('other pages', [port2]);
  });
}

/**
 * @param {ServiceWorker} worker
 * @returns {Promise<void>} resolves when it answers in the place of the old one
 */
function takeOver(worker) {
  return new Promise((done) => {
    worker.addEventListener('statechange', () => {
      if (worker.state !== 'activating') done();
    });
    worker.postMessage('take over');
  });
}
