// Keeps the scale's pages and their files, so that they open without a network. It sends nothing itself: pages do.
const FILES = "weigh-files-{{ version }}";
const PAGES = "weigh-pages"; // taken away when somebody signs out
const PATIENCE = 4000; // ms; then a network that only seems to be there counts as none
const isOurs = (path) => /^\/weigh\/[a-z0-9-]+\/((hours|uses)\/)?$/.test(path);

self.addEventListener("install", (event) => {
  const keep = async () => (await caches.open(FILES)).addAll({{ files|safe }});
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  // A page that was kept before the change still needs the files of that time: the last but one stays.
  const clear = async () => {
    const others = (await caches.keys()).filter((name) => name.startsWith("weigh-files-") && name !== FILES);
    await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
  };
  event.waitUntil(clear().then(() => self.clients.claim()));
});

async function file(request) {
  try {
    const answer = await fetch(request);
    if (answer.ok) await (await caches.open(FILES)).put(request, answer.clone());
    return answer;
  } catch (error) {
    const kept = await caches.match(request, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

// The scale that was kept last; the pages beside it are kept in any order.
function startOf(kept) {
  const [scales, others] = [[], []];
  for (const one of kept) {
    const { pathname } = new URL(one.url);
    if (isOurs(pathname)) (pathname.split("/").length === 4 ? scales : others).push(one);
  }
  return scales.at(-1) ?? others.at(-1);
}

async function page(request, path) {
  const pages = await caches.open(PAGES);
  const kept = await pages.match(path, { ignoreVary: true });
  const last = path === "{{ start }}" ? startOf(await pages.keys()) : null;
  const isCovered = kept || last;
  try {
    const answer = await fetch(request, isCovered ? { signal: AbortSignal.timeout(PATIENCE) } : {});
    if (answer.ok && isOurs(path)) await pages.put(path, answer.clone());
    if (answer.status < 500 || !isCovered) return answer;
  } catch (error) {
    if (!isCovered) throw error;
  }
  return kept ?? Response.redirect(last.url);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request, pathname));
  else if (pathname.startsWith("{{ static }}")) event.respondWith(file(request));
});
