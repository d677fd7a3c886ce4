/** Two texts of one place, and the one that the person writes of both. */
import { choiceOf } from './choosing'
import { get } from './json'
import { resolve } from './keys'
import type { Command, Label } from './commands'
import type { Document } from './document'
import type { Conflict, State } from './state'
import type { DocumentStore } from './store'

/** The text that a document has at the place that both changed; null where it is no text. */
export function textAtOverlap(document: Document, overlap: Command): string | null {
  if (overlap.name === 'source') return document.parts?.[overlap.part]?.source ?? null
  if (overlap.name !== 'set' || document.deleted) return null
  const path = resolve(overlap.at, document.keys)
  const value = path === null ? undefined : get(document.body, path)
  return typeof value === 'string' ? value : null
}

/** Whether both versions are texts, so that one can be written of both. */
export function joinable({ mine, theirs, overlap }: Conflict): boolean {
  return textAtOverlap(mine, overlap) !== null && textAtOverlap(theirs, overlap) !== null
}

/** The change that writes the joined text over this person's own; null where that is it already. */
function joined({ item, mine, overlap }: Conflict, text: string): { command: Command; label: Label } | null {
  const was = textAtOverlap(mine, overlap)
  if (was === null || was === text) return null
  const told = { kind: mine.kind, name: mine.name }
  if (overlap.name === 'source') return { command: { name: 'source', item, part: overlap.part, source: text, was }, label: { name: 'edit-source', arguments: told } }
  if (overlap.name === 'set') return { command: { name: 'set', item, at: overlap.at, value: text, was }, label: { name: 'edit-text', arguments: told } }
  return null
}

/** The joined text stands over the person's own version, and that over the other one. */
export function join(store: DocumentStore, item: string, text: string): void {
  const conflict = store.state.getState().conflicts[item]
  if (conflict === undefined) return
  const change = joined(conflict, text)
  store.choose(item, 'mine')
  if (change !== null) store.run([change.command], change.label)
}

/** How many later changes of this person to an item go with their own version of it. */
export function lostWith(state: State, item: string): number {
  return Math.max(0, (choiceOf(state, item, 'theirs')?.gone.length ?? 0) - 1)
}
