/** What a store holds, and how it follows from the server's documents and the changes made here. Pure. */
import type { StaleItem } from '../api'
import { Overlap } from './apply'
import { applyChange, itemsOf, touches, type Change, type Outcome } from './changes'
import type { Command } from './commands'
import type { Document } from './document'

/** The server's state of an item and the state that the changes made here led to; the person chooses. */
export interface Conflict {
  item: string
  mine: Document
  theirs: Document
  /** The place that both changed, where it is one. */
  overlap: Command
  changes: StaleItem['changes']
}

/** A text of a file part that the server could not read: kept here as typed. */
export interface Draft {
  source: string
  title: string
  detail: string
  line: number | null
}

/** One step of the undo stack. */
export interface Undoable {
  change: Change
  inverse: readonly Command[]
}

export type Connection = 'online' | 'offline' | 'signed-out'

export interface State {
  bases: Readonly<Record<string, Document>>
  documents: Readonly<Record<string, Document>>
  /** Changes that the server has not answered, oldest first. */
  pending: readonly Change[]
  /** The last pending change while typing still adds to it. */
  open: string | null
  sending: string | null
  conflicts: Readonly<Record<string, Conflict>>
  drafts: Readonly<Record<string, Draft>>
  undo: readonly Undoable[]
  redo: readonly Undoable[]
  outcomes: Readonly<Record<string, Outcome>>
  connection: Connection
  savedAt: number | null
}

export const emptyState: State = {
  bases: {},
  documents: {},
  pending: [],
  open: null,
  sending: null,
  conflicts: {},
  drafts: {},
  undo: [],
  redo: [],
  outcomes: {},
  connection: 'online',
  savedAt: null,
}

const UNDO_LIMIT = 500

export function draftKey(item: string, part: number): string {
  return `${item}/${part}`
}

/** Recomputes the documents of `items`; where a pending change no longer fits, its item becomes a conflict. */
export function derive(state: State, items: readonly string[], stale: readonly StaleItem[] = []): State {
  const documents = { ...state.documents }
  const conflicts = { ...state.conflicts }
  for (const item of items) {
    const base = state.bases[item]
    try {
      let document = base
      for (const change of state.pending) if (touches(change, item)) document = applyChange(document, change, item).document
      if (document === undefined) delete documents[item]
      else documents[item] = document
      delete conflicts[item]
    } catch (error) {
      if (!(error instanceof Overlap)) throw error
      if (base === undefined) {
        delete documents[item]
        continue
      }
      const mine = documents[item] ?? base
      const changes = stale.find((entry) => entry.id === item)?.changes ?? conflicts[item]?.changes ?? []
      conflicts[item] = { item, mine, theirs: base, overlap: error.command, changes }
      documents[item] = mine
    }
  }
  return { ...state, documents, conflicts }
}

/** The server's documents as they are now. */
export function received(state: State, documents: readonly Document[], stale: readonly StaleItem[] = []): State {
  const bases = { ...state.bases }
  for (const document of documents) {
    const known = bases[document.id]
    if (known !== undefined && known.revision > document.revision && !document.deleted && !document.builtin) continue
    bases[document.id] = document.conditions || known?.conditions === undefined ? document : { ...document, conditions: known.conditions }
  }
  return derive({ ...state, bases }, documents.map((document) => document.id), stale)
}

/** A change made now: applied to the documents at once. Throws Overlap where it doesn't fit. */
export function made(state: State, change: Change): { state: State; inverse: Command[] } {
  const documents = { ...state.documents }
  const inverse: Command[] = []
  for (const item of itemsOf(change)) {
    const applied = applyChange(documents[item], change, item)
    if (applied.document !== undefined) documents[item] = applied.document
    inverse.unshift(...applied.inverse)
  }
  return { state: { ...state, documents, pending: [...state.pending, change], open: null }, inverse }
}

export function remembered(state: State, step: Undoable): State {
  return { ...state, undo: [...state.undo, step].slice(-UNDO_LIMIT), redo: [] }
}

/** Takes a pending change away again, as if it had not been made. */
export function dropped(state: State, id: string): State {
  const change = state.pending.find((candidate) => candidate.id === id)
  if (change === undefined) return state
  const pending = state.pending.filter((candidate) => candidate.id !== id)
  const forget = (step: Undoable) => step.change.id !== id && step.change.reverts !== id
  const next = { ...state, pending, undo: state.undo.filter(forget), redo: state.redo.filter(forget) }
  return derive({ ...next, open: state.open === id ? null : state.open }, itemsOf(change))
}

/** The server took a change and says what became of its items. */
export function confirmed(state: State, id: string, documents: readonly Document[], now: number): State {
  const change = state.pending.find((candidate) => candidate.id === id)
  const outcome: Record<string, { before: number; after: number }> = {}
  for (const document of documents) {
    outcome[document.id] = { before: state.bases[document.id]?.revision ?? 0, after: document.revision }
  }
  const pending = state.pending.filter((candidate) => candidate.id !== id)
  const drafts = { ...state.drafts }
  for (const command of change?.commands ?? []) {
    if (command.name === 'source') delete drafts[draftKey(command.item, command.part)]
  }
  const outcomes = { ...state.outcomes, [id]: outcome }
  return received({ ...state, pending, drafts, outcomes, savedAt: now, sending: null }, documents)
}

/** The person chose for an item: write over (`mine`), or let the changes made here go (`theirs`). */
export function chosen(state: State, item: string, side: 'mine' | 'theirs'): State {
  if (state.conflicts[item] === undefined) return state
  const conflicts = Object.fromEntries(Object.entries(state.conflicts).filter(([id]) => id !== item))
  let next: State = { ...state, conflicts }
  const affected = state.pending.filter((change) => touches(change, item))
  if (side === 'mine') {
    const pending = state.pending.map((change) => (touches(change, item) ? { ...change, forced: [...(change.forced ?? []), item] } : change))
    return derive({ ...next, pending }, [item])
  }
  for (const change of affected) next = dropped(next, change.id)
  return derive(next, [item])
}

/** The first change that may be sent now: settled, and none of its items waits for a choice. */
export function sendable(state: State): Change | undefined {
  const waiting = new Set(Object.keys(state.conflicts))
  for (const change of state.pending) {
    if (change.id === state.open) return undefined
    const items = itemsOf(change)
    if (!items.some((item) => waiting.has(item))) return change
    for (const item of items) waiting.add(item)
  }
  return undefined
}
