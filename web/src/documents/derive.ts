/** How documents and conflicts follow from the server's documents and the changes that wait. Pure. */
import type { Edit, StaleItem } from '../api'
import { Overlap } from './apply'
import { applyChange, spreads, touches } from './changes'
import type { Command } from './commands'
import { unread, type Document } from './document'
import type { Conflict, State } from './state'

/** Recomputes the documents of `items`; where a pending change no longer fits, its item becomes a conflict. */
export function derive(state: State, items: readonly string[], stale: readonly StaleItem[] = []): State {
  const documents = { ...state.documents }
  const conflicts = { ...state.conflicts }
  for (const item of items) {
    const { document, overlap, unsure } = replayed(state, item)
    const conflict = overlap === null || unsure || document === undefined ? null : conflictOf(state, item, document, overlap, stale)
    const shown = conflict?.mine ?? document
    if (shown === undefined) delete documents[item]
    else documents[item] = shown
    if (conflict === null) delete conflicts[item]
    else conflicts[item] = conflict
  }
  return { ...state, documents, conflicts }
}

interface Replayed {
  /** With the pending changes on it, as far as they fit. */
  document: Document | undefined
  /** The first change that doesn't fit, and what is in its way. */
  overlap: { change: string; command: Command } | null
  /** Whether a change was left out because the server may have it already. */
  unsure: boolean
}

function replayed(state: State, item: string): Replayed {
  const base = state.bases[item]
  let document = base
  let unsure = false
  let mayFollow = false
  for (const change of state.pending) {
    if (!touches(change, item)) {
      mayFollow ||= spreads(change)
      continue
    }
    if (mayBeIn(base, state.attempts[change.id], item)) {
      unsure = true
      continue
    }
    try {
      document = applyChange(mayFollow && document ? unread(document) : document, change, item).document
    } catch (error) {
      if (!(error instanceof Overlap)) throw error
      return { document, overlap: { change: change.id, command: error.command }, unsure }
    }
  }
  return { document, overlap: null, unsure }
}

/** Whether the server's document may hold a change already whose answer never came: it is newer than what was sent on. */
export function mayBeIn(base: Document | undefined, edits: readonly Edit[] | undefined, item: string): boolean {
  const edit = edits?.find((candidate) => candidate.item === item)
  if (edit === undefined || base === undefined || base.deleted) return false
  return 'revision' in edit ? base.revision > edit.revision : base.revision > 0
}

function conflictOf(state: State, item: string, theirs: Document, overlap: { change: string; command: Command }, stale: readonly StaleItem[]): Conflict {
  const { change, command } = overlap
  const first = state.pending.findIndex((candidate) => candidate.id === change)
  let mine: Document = theirs
  for (const candidate of state.pending.slice(first)) {
    if (!touches(candidate, item)) continue
    try {
      mine = applyChange(mine, { ...candidate, forced: [item] }, item).document ?? mine
    } catch (error) {
      if (!(error instanceof Overlap)) throw error
      mine = state.documents[item] ?? mine
    }
  }
  const changes = stale.find((entry) => entry.id === item)?.changes ?? state.conflicts[item]?.changes ?? []
  return { item, change, mine, theirs, overlap: command, changes }
}
