/** After an upgrade of the studio an open page may ask for a piece that is no longer there: load the page once more. */
import { openStores } from './stores'

const MARK = 'talkwright-reloaded'
const AGAIN_AFTER = 60_000

export function reloadOnMissingChunk(): void {
  window.addEventListener('vite:preloadError', (event) => {
    const last = Number(sessionStorage.getItem(MARK) ?? 0)
    if (Date.now() - last < AGAIN_AFTER || openStores().some((store) => store.unsaved)) return
    event.preventDefault()
    sessionStorage.setItem(MARK, String(Date.now()))
    window.location.reload()
  })
}
