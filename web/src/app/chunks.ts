/** Pieces of the page that are loaded when they are first shown. */
import { doubt, onBack } from '../api'
import { openStores } from './stores'

declare global {
  interface Window {
    /** Whether a page that lacks a file may be loaded again by itself. True once in a minute, while the studio answers (index.html). */
    mayLoadAgain: () => Promise<boolean>
  }
}

/** Loads a piece; where the studio is away it waits until it is back. */
export async function piece<Loaded>(load: () => Promise<Loaded>): Promise<Loaded> {
  try {
    return await load()
  } catch (error) {
    if (await isServed()) throw error
    doubt()
    await new Promise<void>((resolve) => {
      const stop = onBack(() => {
        stop()
        resolve()
      })
    })
    return piece(load)
  }
}

/** After an upgrade of the studio an open page may ask for a piece that is no longer there: load the page once more. */
export function reloadOnMissingChunk(): void {
  window.addEventListener('vite:preloadError', ({ payload }) => {
    // The router would load the page anew by itself, without asking whether all that was typed is kept.
    sessionStorage.setItem(`tanstack_router_reload:${payload.message}`, '1')
    void reloadOnce()
  })
}

async function reloadOnce(): Promise<void> {
  if (openStores().some((store) => store.fleeting) || !(await window.mayLoadAgain())) return
  await Promise.all(openStores().map((store) => store.leave()))
  window.location.reload()
}

/** Whether the page itself can be had. */
async function isServed(): Promise<boolean> {
  try {
    return (await fetch('/', { method: 'HEAD', cache: 'no-store' })).ok
  } catch {
    return false
  }
}
