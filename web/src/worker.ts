/**
 * Keeps the client's built files, so that the page opens without a network too; what was typed waits in the page's own
 * store. Nothing that a person sees or says is kept here: no answer of the API passes through.
 * A new build brings another worker, which takes over at once and throws the old files away. (docs/decisions/0005)
 */
/// <reference lib="webworker" />
// Both are written in by the build: the names of its files, and a name that changes with any of them.
declare const FILES_OF_THE_BUILD: readonly string[]
declare const NAME_OF_THE_BUILD: string

const worker = self as unknown as ServiceWorkerGlobalScope
const PREFIX = 'talkwright '
const CACHE = PREFIX + NAME_OF_THE_BUILD
const FILES = new Set(FILES_OF_THE_BUILD)
const PAGE = '/'
/** What the server answers for itself: none of it is the client's page. */
const APART = /^\/(api|auth)(\/|$)/

async function keep(): Promise<void> {
  const cache = await caches.open(CACHE)
  // The page names the files of its own build: it is read anew, whatever the browser remembers.
  await cache.addAll([new Request(PAGE, { cache: 'reload' }), ...FILES])
  await worker.skipWaiting()
}

async function takeOver(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE)
  await Promise.all(old.map((name) => caches.delete(name)))
  await worker.clients.claim()
}

/** The page comes from the server whenever that answers, so that none is stale. */
async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    const kept = await caches.match(PAGE, { cacheName: CACHE })
    if (kept === undefined) throw error
    return kept
  }
}

/** A file's name changes with what is in it: one that is kept is the right one. */
async function file(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName: CACHE })) ?? fetch(request)
}

worker.addEventListener('install', (event) => event.waitUntil(keep()))
worker.addEventListener('activate', (event) => event.waitUntil(takeOver()))
worker.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== worker.location.origin || APART.test(pathname)) return
  if (request.mode === 'navigate') event.respondWith(page(request))
  else if (FILES.has(pathname)) event.respondWith(file(request))
})
