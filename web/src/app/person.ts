/** Who is signed in, in all tabs alike: the browser has one sign-in, and a page serves one person only. */
import { api, setCsrf } from '../api'
import type { Session } from '../api'

const channel = new BroadcastChannel('talkwright sign-in')
let me: string | undefined

/** Asks the server who is signed in and takes that sign-in's token. Throws ApiError where nobody is. */
export async function readSession(): Promise<Session> {
  const session = await api.getSession()
  const { id } = session.person
  // Somebody else signed in meanwhile: what this page shows and has not sent isn't theirs.
  if (me !== undefined && me !== id) return loadedAnew()
  setCsrf(session.csrf)
  if (me === undefined) channel.postMessage(id)
  me = id
  return session
}

/** Tells the other tabs that the browser's sign-in has ended. */
export function tellSignedOut(): void {
  channel.postMessage(null)
}

/** Calls back when this page's person signed in again or out, in another tab. */
export function onSignIn(again: () => void, out: () => void): void {
  channel.addEventListener('message', ({ data }: MessageEvent<string | null>) => {
    if (me === undefined) return
    if (data === null) out()
    else if (data === me) again()
    else void loadedAnew()
  })
}

/** The page goes; what it keeps in the browser stays its person's. */
function loadedAnew(): Promise<never> {
  window.location.reload()
  return new Promise(() => undefined)
}
