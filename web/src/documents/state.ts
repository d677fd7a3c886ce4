/** What a store holds, and how it follows from the server's documents and the changes made here. Pure. */
import type { Edit, Problem, StaleItem } from '../api'
import { Overlap } from './apply'
import { carried } from './carried'
import { applyChange, itemsOf, spreads, touches, type Change, type Outcome } from './changes'
import type { Command } from './commands'
import { derive } from './derive'
import { unread, type Document } from './document'
import { draftKey, type Drafts } from './drafts'
import type { Waiting } from './queue'

/** The server's state of an item and the state that the changes made here led to; the person chooses. */
export interface Conflict {
  item: string
  /** The change that no longer fits. */
  change: string
  mine: Document
  theirs: Document
  /** The place that both changed, where it is one. */
  overlap: Command
  changes: StaleItem['changes']
}

/** One step of the undo stack. */
export interface Undoable {
  change: Change
  inverse: readonly Command[]
}

/** `barred`: the person may not change the assistant any more, or not see it. */
export type Connection = 'online' | 'offline' | 'signed-out' | 'barred'

export interface State {
  bases: Readonly<Record<string, Document>>
  documents: Readonly<Record<string, Document>>
  /** Changes that the server has not answered, oldest first. */
  pending: readonly Change[]
  /** The last pending change while typing still adds to it. */
  open: string | null
  sending: string | null
  /** What was sent for pending changes without an answer yet: the server may have taken it or not. */
  attempts: Readonly<Record<string, readonly Edit[]>>
  /** Whether the browser keeps what is pending when the page goes. */
  lasting: boolean
  conflicts: Readonly<Record<string, Conflict>>
  drafts: Drafts
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
  attempts: {},
  lasting: true,
  conflicts: {},
  drafts: {},
  undo: [],
  redo: [],
  outcomes: {},
  connection: 'online',
  savedAt: null,
}

const UNDO_LIMIT = 500

/** Changes that another tab or an earlier page made: they wait here as well. */
export function added(state: State, waiting: readonly Waiting[]): State {
  const known = new Set(state.pending.map((change) => change.id))
  const fresh = waiting.filter(({ change }) => state.outcomes[change.id] === undefined)
  const attempts = { ...state.attempts }
  for (const { change, edits } of fresh) if (edits !== undefined) attempts[change.id] = edits
  // What is being typed in this tab stays last.
  const open = state.pending.filter((change) => change.id === state.open)
  const others = fresh.flatMap(({ change }) => (known.has(change.id) ? [] : [change]))
  const pending = [...state.pending.filter((change) => change.id !== state.open), ...others, ...open]
  return derive({ ...state, pending, attempts }, [...new Set(fresh.flatMap(({ change }) => itemsOf(change)))])
}

/** The server's documents as they are now: what waits is made on them. */
export function received(state: State, documents: readonly Document[], stale: readonly StaleItem[] = []): State {
  const newer = newerOf(state, documents)
  return based(carried(state, newer), newer, documents.map(({ id }) => id), stale)
}

function newerOf({ bases }: State, documents: readonly Document[]): Document[] {
  return documents.filter((document) => (bases[document.id]?.revision ?? 0) <= document.revision || document.deleted || document.builtin)
}

function based(state: State, documents: readonly Document[], items: readonly string[], stale: readonly StaleItem[] = []): State {
  const bases = { ...state.bases }
  for (const document of documents) {
    const known = bases[document.id]
    bases[document.id] = document.conditions || known?.conditions === undefined ? document : { ...document, conditions: known.conditions }
  }
  return derive({ ...state, bases }, items, stale)
}

/** The problems that the list of the whole assistant tells of the documents that are here. */
export function withProblems(state: State, problems: readonly Problem[]): State {
  const bases = { ...state.bases }
  const changed: string[] = []
  for (const base of Object.values(state.bases)) {
    if (base.parts === null || base.builtin || base.deleted) continue
    const own = problems.filter((problem) => problem.item === base.id)
    if (sameKeys(own, base.problems)) continue
    // The item's own answer knows the line of a problem; the list may not.
    bases[base.id] = { ...base, problems: own.map((problem) => base.problems.find(({ key }) => key === problem.key) ?? problem) }
    changed.push(base.id)
  }
  return changed.length === 0 ? state : derive({ ...state, bases }, changed)
}

function sameKeys(a: readonly Problem[], b: readonly Problem[]): boolean {
  const keys = new Set(a.map(({ key }) => key))
  return a.length === b.length && b.every(({ key }) => keys.has(key))
}

/** A change made now: applied to the documents at once. Throws Overlap where it doesn't fit. */
export function made(state: State, change: Change): { state: State; inverse: Command[] } {
  const documents = { ...state.documents }
  const inverse: Command[] = []
  for (const item of itemsOf(change)) {
    const known = documents[item]
    const mayFollow = state.pending.some((before) => spreads(before) && !touches(before, item))
    const applied = applyChange(mayFollow && known ? unread(known) : known, change, item)
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
  const later = state.pending.slice(state.pending.indexOf(change) + 1)
  const forget = (step: Undoable) => step.change.id !== id && step.change.reverts !== id
  const next = unsent({ ...state, pending, undo: state.undo.filter(forget), redo: state.redo.filter(forget) }, id)
  const left = derive({ ...next, open: state.open === id ? null : state.open }, itemsOf(change))
  return later.some((each) => itemsOf(change).some((item) => touches(each, item))) ? renewed(left) : left
}

/** The undo steps of what waits, as they take it back where it stands now. */
function renewed(state: State): State {
  const inverses = new Map<string, Command[]>()
  let replayed: State = { ...state, documents: state.bases, pending: [] }
  for (const change of state.pending) {
    try {
      const result = made(replayed, change)
      replayed = result.state
      inverses.set(change.id, result.inverse)
    } catch (error) {
      if (!(error instanceof Overlap)) throw error
    }
  }
  const anew = (step: Undoable): Undoable => ({ ...step, inverse: inverses.get(step.change.id) ?? step.inverse })
  return { ...state, undo: state.undo.map(anew), redo: state.redo.map(anew) }
}

/** The changes that fit only on top of one that is let go, last first: they go with it. */
export function standingOn(state: State, change: Change): Change[] {
  const gone: Change[] = []
  let next = dropped(state, change.id)
  for (;;) {
    const conflict = itemsOf(change).flatMap((item) => (state.conflicts[item] === undefined ? (next.conflicts[item] ?? []) : []))[0]
    const standing = next.pending.find(({ id }) => id === conflict?.change)
    if (standing === undefined) return gone
    gone.unshift(standing)
    next = dropped(next, standing.id)
  }
}

export interface Saved {
  change: Change
  documents: readonly Document[]
  outcome: Outcome
  /** When the answer came, in milliseconds. */
  at: number
}

/** The server took a change and says what became of its items. */
export function confirmed(before: State, { change, documents, outcome, at }: Saved): State {
  const here = openHere(before, documents)
  const newer = newerOf(before, here)
  const state = carried(before, newer)
  const pending = state.pending.filter((candidate) => candidate.id !== change.id)
  const drafts = { ...state.drafts }
  for (const command of change.commands) {
    if (command.name === 'source') delete drafts[draftKey(command.item, command.part)]
  }
  const outcomes = { ...state.outcomes, [change.id]: outcome }
  const next = unsent({ ...state, pending, drafts, outcomes, savedAt: at, connection: 'online' }, change.id)
  return based(next, newer, here.map(({ id }) => id))
}

/** Those that are open in this tab, or that wait here to be changed; any other is read whole when it is opened. */
export function openHere(state: State, documents: readonly Document[]): Document[] {
  return documents.filter(({ id }) => isHere(state, id) || state.pending.some((change) => touches(change, id)))
}

export function isHere(state: State, id: string): boolean {
  return state.bases[id] !== undefined || state.documents[id] !== undefined
}

/** Items of changes that wait, of which this tab knows nothing yet. */
export function unknown(state: State): string[] {
  const fresh = new Set(state.pending.flatMap(({ commands }) => commands.flatMap((command) => (command.name === 'create' ? [command.item] : []))))
  return [...new Set(state.pending.flatMap(itemsOf))].filter((item) => !fresh.has(item) && state.bases[item] === undefined)
}

/** No answer of the server is awaited any more for a change. */
export function unsent(state: State, id: string): State {
  return { ...state, attempts: Object.fromEntries(Object.entries(state.attempts).filter(([change]) => change !== id)) }
}

/** The changes that need no choice of the person to be sent: neither they nor what they build on are what no longer fits. */
export function moving(state: State): Change[] {
  const waiting = new Set<string>()
  return state.pending.filter((change) => {
    const items = itemsOf(change)
    if (!items.some((item) => waiting.has(item) || state.conflicts[item]?.change === change.id)) return true
    for (const item of items) waiting.add(item)
    return false
  })
}

/** The first change that may be sent now: settled, and none of its items waits for a choice. */
export function sendable(state: State): Change | undefined {
  // What is being typed is the last change of all, so that none waits behind it.
  return moving(state).find((change) => change.id !== state.open)
}
