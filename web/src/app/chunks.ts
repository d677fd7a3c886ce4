/** After an upgrade of the studio an open page may ask for a piece that is no longer there: load the page once more. */
import { openStores } from './stores'

const MARK = 'talkwright-reloaded'
const AGAIN_AFTER = 60_000

export function reloadOnMissingChunk(): void {
  window.addEventListener('vite:preloadError', ({ payload }) => {
    // The router would load the page anew by itself, without asking whether all that was typed is kept.
    sessionStorage.setItem(`tanstack_router_reload:${payload.message}`, '1')
    const last = Number(sessionStorage.getItem(MARK) ?? 0)
    if (Date.now() - last < AGAIN_AFTER || openStores().some((store) => store.fleeting)) return
    sessionStorage.setItem(MARK, String(Date.now()))
    void Promise.all(openStores().map((store) => store.leave())).then(() => window.location.reload())
  })
}
