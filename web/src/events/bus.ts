/** Hands the stream's events on to whoever shows something live, inside this page. */
import type { StreamEvent } from './stream'

type Listener = (event: StreamEvent) => void

const listeners = new Set<Listener>()

export function onStream(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function tellPage(event: StreamEvent): void {
  for (const listener of listeners) listener(event)
}
