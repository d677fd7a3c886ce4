/**
 * The server's event stream, one connection for all tabs of the browser that look at the same assistant: the tab that
 * holds the lock reads it and tells the others.
 */
import { address } from '../api/http'

export interface Fact {
  type: 'fact'
  scope: string
  id: string | null
  kind: string
  change_id?: string | null
  /** Of a change: what it touched, or that it touched more than is listed. */
  items?: unknown
  all?: unknown
  [key: string]: unknown
}

export interface Frame {
  type: 'frame'
  kind: string
  [key: string]: unknown
}

export type StreamEvent = Fact | Frame | { type: 'reset' } | { type: 'hello' }

type Listener = (event: StreamEvent) => void

interface Told {
  event: StreamEvent
  position: string
}

const RETRY = [1000, 2000, 5000, 15_000]

/** Listens to the studio's facts and one assistant's; the answer stops it. */
export function listen(assistant: string | null, listener: Listener): () => void {
  const name = `talkwright-events:${assistant ?? 'studio'}`
  const channel = new BroadcastChannel(name)
  const stop = new AbortController()
  let position = ''
  channel.addEventListener('message', ({ data }: MessageEvent<Told>) => {
    if (data.position !== '') position = data.position
    listener(data.event)
  })
  const lead = () =>
    read(assistant, () => position, stop.signal, (event, at) => {
      if (at !== '') position = at
      channel.postMessage({ event, position: at } satisfies Told)
      listener(event)
    })
  const leading = 'locks' in navigator ? navigator.locks.request(name, { signal: stop.signal }, lead) : lead()
  leading.catch(() => undefined)
  return () => {
    stop.abort()
    channel.close()
  }
}

/** Reads the stream until stopped; opens it again, from where it was, when it breaks for good. */
async function read(assistant: string | null, position: () => string, signal: AbortSignal, tell: (event: StreamEvent, at: string) => void): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    const opened = await once(address('/api/events', { assistant, since: position() }), signal, tell)
    if (opened) attempt = 0
    if (signal.aborted) return
    await pause(RETRY[Math.min(attempt, RETRY.length - 1)] ?? 15_000, signal)
  }
}

function once(url: string, signal: AbortSignal, tell: (event: StreamEvent, at: string) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const source = new EventSource(url)
    let opened = false
    const end = () => {
      source.close()
      resolve(opened)
    }
    const on = (type: StreamEvent['type']) =>
      source.addEventListener(type, (message: MessageEvent<string>) => {
        const data = message.data ? (JSON.parse(message.data) as object) : {}
        tell({ ...data, type } as StreamEvent, message.lastEventId)
      })
    source.addEventListener('open', () => (opened = true))
    source.addEventListener('error', () => source.readyState === EventSource.CLOSED && end())
    for (const type of ['hello', 'fact', 'frame', 'reset'] as const) on(type)
    signal.addEventListener('abort', end)
  })
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
