// The worker of the installable app: opens the inspections without network and sends what waits after a tab was closed.
//
// It keeps 今日检查, the fill pages and the thumbnails on them, under the user who saw them, and the static files they need.
// Pages come from the network whenever there is one. Another user's login and every logout drop the kept pages; answers
// that wait are no pages: they stay in IndexedDB under their user.

import { sendAll } from "{% static 'js/fill/queue.js' %}";

const VERSION = "1";
const STATIC = `dudao-static-${VERSION}`;
const PAGES = `dudao-pages-${VERSION}-user-`;
const WHO = `dudao-who-${VERSION}`;
const WHO_KEY = "/who";

const TODAY = /^\/inspections\/$/;
const FILL = /^\/inspections\/\d+\/fill\/$/;
const THUMB = /^\/files\/[0-9a-f-]+\/thumb\/$/;
const LOGOUT = /\/logout\/$/;
const HASHED = /\.[0-9a-f]{12}\.\w+$/;
// Fill pages that 今日检查 leads to are kept beforehand: who goes into the basement has not opened them yet.
const AHEAD = 12;
const MOST = 200;
const PATIENCE = 8000;

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith("dudao-") && !name.startsWith(PAGES) && ![STATIC, WHO].includes(name);
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (isOld(name)) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === "navigate" && request.method === "POST" && LOGOUT.test(url.pathname)) event.respondWith(logout(request));
  else if (request.method !== "GET") return;
  else if (request.mode === "navigate") event.respondWith(page(event, request, url));
  else if (url.pathname.startsWith("/static/")) event.respondWith(asset(event, request, url));
  else if (THUMB.test(url.pathname)) event.respondWith(thumb(event, request));
});

self.addEventListener("message", (event) => {
  if (event.data?.keep) event.waitUntil(keepUrl(event.data.keep));
});

self.addEventListener("sync", (event) => {
  if (event.tag === "fill") event.waitUntil(sync());
});

// --- who ---
// What was asked for before a logout must not be kept after it.
let logouts = 0;

async function lastUser() {
  const response = await (await caches.open(WHO)).match(WHO_KEY);
  return response ? response.text() : "";
}

async function isUser(user) {
  if (user === (await lastUser())) return;
  await dropPages(user);
  await (await caches.open(WHO)).put(WHO_KEY, new Response(user));
}

async function dropPages(except = "") {
  for (const name of await caches.keys()) {
    if (name.startsWith("dudao-pages-") && name !== PAGES + except) await caches.delete(name);
  }
}

async function logout(request) {
  logouts += 1;
  await dropPages();
  await caches.delete(WHO);
  return fetch(request);
}

async function pagesOfUser() {
  const user = await lastUser();
  return user ? caches.open(PAGES + user) : null;
}

// --- pages: from the network; from what was kept where there is none ---
async function page(event, request, url) {
  const isKept = TODAY.test(url.pathname) || FILL.test(url.pathname);
  const since = logouts;
  try {
    const response = await (isKept ? within(PATIENCE, fetch(request)) : fetch(request));
    if (response.ok && !response.redirected) event.waitUntil(seen(url, response.clone(), isKept, since));
    if (response.status < 500 || !isKept) return response;
    return (await kept(url)) || response;
  } catch {
    return (await kept(url)) || offlinePage();
  }
}

function within(milliseconds, response) {
  return Promise.race([response, new Promise((_, reject) => setTimeout(reject, milliseconds, new Error("slow")))]);
}

async function kept(url) {
  const pages = await pagesOfUser();
  return pages?.match(url.pathname, { ignoreSearch: true, ignoreVary: true });
}

async function seen(url, response, isKept, since) {
  if (!(response.headers.get("Content-Type") || "").startsWith("text/html")) return;
  const html = await response.text();
  const user = html.match(/<body[^>]*\sdata-user="(\d+)"/)?.[1];
  if (!user || since !== logouts) return;
  await isUser(user);
  if (!isKept) return;
  await keep(url.pathname, html, user);
  if (since === logouts && TODAY.test(url.pathname)) await keepAhead(html, user);
  if (since === logouts) return;
  await dropPages();
  await caches.delete(WHO);
}

async function keep(path, html, user) {
  const headers = { "Content-Type": "text/html; charset=utf-8" };
  const pages = await caches.open(PAGES + user);
  await pages.put(path, new Response(html, { headers }));
  // The oldest go first: what is put anew moves to the end.
  for (const request of (await pages.keys()).slice(0, -MOST)) await pages.delete(request);
  await keepAssets(html);
}

async function keepAssets(html) {
  const cache = await caches.open(STATIC);
  const paths = new Set([...html.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map(([, path]) => path));
  await Promise.all(
    [...paths].map(async (path) => {
      if (HASHED.test(path) && (await cache.match(path))) return;
      const response = await fetch(path).catch(() => null);
      if (response?.ok) await keepAsset(cache, path, response);
    }),
  );
}

async function keepAhead(html, user) {
  if (self.navigator.connection?.saveData) return;
  const pages = await caches.open(PAGES + user);
  const paths = new Set([...html.matchAll(/href="(\/inspections\/\d+\/fill\/)"/g)].map(([, path]) => path));
  for (const path of [...paths].slice(0, AHEAD)) {
    if (!(await pages.match(path))) await keepUrl(path);
  }
}

async function keepUrl(address) {
  const url = new URL(address, location.origin);
  if (!TODAY.test(url.pathname) && !FILL.test(url.pathname)) return;
  const since = logouts;
  const response = await fetch(url.pathname, { credentials: "same-origin", redirect: "manual" }).catch(() => null);
  if (response?.ok) await seen(url, response, true, since);
}

async function offlinePage() {
  const pages = await pagesOfUser();
  const paths = pages ? (await pages.keys()).map((request) => new URL(request.url).pathname) : [];
  const links = [];
  for (const path of paths.filter((one) => TODAY.test(one) || FILL.test(one))) {
    const title = (await (await pages.match(path)).text()).match(/<title>([^<]*)<\/title>/)?.[1] || path;
    links.push(`<li><a href="${path}">${title.trim()}</a></li>`);
  }
  const style = [...(await (await caches.open(STATIC)).keys())].map((request) => new URL(request.url).pathname).filter((path) => path.endsWith(".css"));
  const sheets = style.map((path) => `<link rel="stylesheet" href="${path}">`).join("");
  const html = `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>离线 · 督导台</title>${sheets}</head><body class="plain"><main class="plain-card"><h1>现在没有网络</h1>
<p>这一页要联网才能打开。${links.length ? "下面这些保存在本机，可以打开继续填写：" : "本机没有保存的检查。"}</p><ul>${links.join("")}</ul></main></body></html>`;
  return new Response(html, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
}

// --- static files: a name with a hash never changes; any other is asked for whenever there is network ---
async function asset(event, request, url) {
  const cache = await caches.open(STATIC);
  if (HASHED.test(url.pathname)) {
    const found = await cache.match(url.pathname);
    if (found) return found;
  }
  try {
    const response = await fetch(request);
    if (response.ok) event.waitUntil(keepAsset(cache, url.pathname, response.clone()));
    return response;
  } catch (error) {
    const found = await cache.match(url.pathname);
    if (found) return found;
    throw error;
  }
}

// The hashed names of earlier releases make room for the new one.
async function keepAsset(cache, path, response) {
  if (HASHED.test(path)) {
    const stem = path.replace(HASHED, ".");
    for (const request of await cache.keys()) {
      const other = new URL(request.url).pathname;
      if (other !== path && HASHED.test(other) && other.replace(HASHED, ".") === stem && other.endsWith(path.split(".").pop())) await cache.delete(request);
    }
  }
  await cache.put(path, response);
}

async function thumb(event, request) {
  const pages = await pagesOfUser();
  try {
    const response = await fetch(request);
    if (response.ok && pages) event.waitUntil(pages.put(request.url, response.clone()));
    return response;
  } catch (error) {
    const found = await pages?.match(request.url, { ignoreVary: true });
    if (found) return found;
    throw error;
  }
}

// --- what waits, after the tab was closed. A page that is open sends too: a lock lets one of them at a time ---
async function sync() {
  const user = Number(await lastUser());
  if (!user) return;
  const reply = await sendAll(user);
  // Rejecting asks the browser to try again later.
  if (reply.outcome === "unreachable") throw new Error("unreachable");
}
