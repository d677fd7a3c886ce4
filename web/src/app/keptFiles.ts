/** Has the browser keep the client's files, where it can: then the page opens without a network too. */
export function keepFiles(): void {
  // While the client is developed its files change under their names.
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  window.addEventListener('load', () => {
    // A browser that refuses (a private window, an address without encryption) does without.
    navigator.serviceWorker.register('/worker.js').catch(() => undefined)
  })
}
