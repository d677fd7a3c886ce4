/**
 * The server's event stream: one connection for all tabs of the browser, whatever assistants they look at. Each tab holds
 * a lock for the assistant that it shows; the tab that holds the reader's lock reads for all of them and tells the others.
 */
import { address } from '../api/http'
import { doubt } from '../api/reach'

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
  scope: string
  kind: string
  [key: string]: unknown
}

/** `reset`: facts were missed, of all scopes or of these. `refused`: the server did not open the stream. */
export type StreamEvent = Fact | Frame | { type: 'reset'; scopes?: readonly string[] } | { type: 'hello' } | { type: 'refused' }

type Listener = (event: StreamEvent) => void

/** What tabs tell each other: an event, that a tab shows another assistant now, or where the stream is. */
type Told = { kind: 'event'; event: StreamEvent; position: string } | { kind: 'wanted' } | { kind: 'at'; position: string }

const STUDIO = 'studio'
const READER = 'talkwright-events'
const WANTED = 'talkwright-events of '
/** As many assistants as the server follows in one stream. */
const MOST = 20
/** So many seconds the server keeps facts. */
const KEPT = 86_400
const RETRY = [1000, 2000, 5000, 15_000]

interface Listening {
  assistant: string | null
  listener: Listener
}

const here = new Set<Listening>()
let channel: BroadcastChannel | undefined
let position = ''
/** The connection of this tab, where it reads. */
let reading: { scopes: readonly string[]; source: EventSource; end: (opened: boolean) => void } | undefined

/** Listens to the studio's events and one assistant's; the answer stops it. */
export function listen(assistant: string | null, listener: Listener): () => void {
  const listening = { assistant, listener }
  here.add(listening)
  start()
  const stop = new AbortController()
  if (assistant !== null) void want(assistant, stop.signal)
  return () => {
    here.delete(listening)
    stop.abort()
  }
}

/** Whether an event is of the studio or of an assistant. */
function concerns(event: StreamEvent, assistant: string | null): boolean {
  if (event.type === 'fact' || event.type === 'frame') return event.scope === STUDIO || event.scope === assistant
  if (event.type === 'reset' && event.scopes) return event.scopes.some((scope) => scope === STUDIO || scope === assistant)
  return true
}

function tell(event: StreamEvent, at: string): void {
  if (at !== '') position = at
  for (const { assistant, listener } of here) if (concerns(event, assistant)) listener(event)
}

/** Holds the lock that says which assistant this tab shows, and asks the reader to follow it. */
async function want(assistant: string, signal: AbortSignal): Promise<void> {
  if (!('locks' in navigator)) return followed()
  const shown = () =>
    new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve())
      void followed()
      channel?.postMessage({ kind: 'wanted' } satisfies Told)
    })
  await navigator.locks.request(`${WANTED}${assistant}`, { mode: 'shared', signal }, shown).catch(() => undefined)
}

/** Opens this tab's connection anew, where it reads and somebody wants more than it follows. */
async function followed(): Promise<void> {
  const now = await wanted()
  if (reading && now.some((scope) => !reading?.scopes.includes(scope))) reading.end(true)
}

/** The assistants that any tab shows. */
async function wanted(): Promise<string[]> {
  if (!('locks' in navigator)) return [...new Set([...here].flatMap(({ assistant }) => assistant ?? []))].slice(0, MOST)
  const { held = [] } = await navigator.locks.query()
  const names = held.flatMap(({ name }) => (name?.startsWith(WANTED) ? [name.slice(WANTED.length)] : []))
  return [...new Set(names)].toSorted().slice(0, MOST)
}

/** Joins the other tabs, once for as long as the page lives. */
function start(): void {
  if (channel !== undefined) return
  channel = new BroadcastChannel(READER)
  channel.addEventListener('message', ({ data }: MessageEvent<Told>) => {
    if (data.kind === 'event') tell(data.event, data.position)
    else if (data.kind === 'at') position = data.position
    else if (reading) {
      channel?.postMessage({ kind: 'at', position } satisfies Told)
      void followed()
    }
  })
  // Without locks (an address that is not secure) each tab reads for itself.
  if ('locks' in navigator) void navigator.locks.request(READER, read)
  else void read()
}

/** Reads the stream as long as the page lives; opens it again, from where it was, when it breaks for good. */
async function read(): Promise<never> {
  for (let attempt = 0; ; attempt++) {
    const opened = await once(await wanted())
    if (opened) {
      attempt = -1
      continue
    }
    pass({ type: 'refused' }, '')
    await new Promise((resolve) => setTimeout(resolve, RETRY[Math.min(attempt, RETRY.length - 1)]))
  }
}

/** To this tab and the others. */
function pass(event: StreamEvent, at: string): void {
  channel?.postMessage({ kind: 'event', event, position: at } satisfies Told)
  tell(event, at)
}

/** One connection: true where it was open before it ended. */
function once(scopes: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    // What the page read before this is as old as the page at most.
    const from: Record<string, string> = position === '' ? { age: String(Math.min(Math.ceil(performance.now() / 1000), KEPT)) } : { since: position }
    const source = new EventSource(address('/api/events', { assistant: scopes, ...from }))
    let opened = false
    const end = (open: boolean) => {
      source.close()
      reading = undefined
      resolve(open)
    }
    reading = { scopes, source, end }
    const on = (type: StreamEvent['type']) =>
      source.addEventListener(type, (message: MessageEvent<string>) => {
        const data = message.data ? (JSON.parse(message.data) as object) : {}
        pass({ ...data, type } as StreamEvent, message.lastEventId)
      })
    source.addEventListener('open', () => (opened = true))
    source.addEventListener('error', () => {
      doubt()
      if (source.readyState === EventSource.CLOSED) end(opened)
    })
    for (const type of ['hello', 'fact', 'frame', 'reset'] as const) on(type)
  })
}
