/** The tabs of one person on one assistant: they tell each other what happens, and one of them sends. */
import type { News } from './news'

export interface Tabs {
  /** Tells the other tabs. */
  tell(news: News): void
}

/** `hear` gets what other tabs tell; `lead` is called when this tab is to send. */
export type Join = (hear: (news: News) => void, lead: () => void) => Tabs

/** There are no other tabs. */
export const alone: Join = (_hear, lead) => {
  lead()
  return { tell: () => undefined }
}

/** Joins the tabs that use a name. The one that holds the lock leads until it is closed. */
export function tabsOf(name: string): Join {
  return (hear, lead) => {
    const channel = new BroadcastChannel(name)
    channel.addEventListener('message', ({ data }: MessageEvent<News>) => hear(data))
    const forGood = () => {
      lead()
      return new Promise<never>(() => undefined)
    }
    // Without locks (an address that is not secure) each tab sends its own: their ids keep that from being done twice.
    if ('locks' in navigator) void navigator.locks.request(name, forGood)
    else void forGood()
    return { tell: (news) => channel.postMessage(news) }
  }
}
