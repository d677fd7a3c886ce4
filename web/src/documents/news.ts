/** What happens to changes, as values that one tab tells the others, and what follows from each. Pure. */
import type { Edit, StaleItem } from '../api'
import type { Change, Outcome } from './changes'
import { decided } from './choosing'
import type { Document } from './document'
import type { Draft } from './drafts'
import type { Waiting } from './queue'
import { added, confirmed, dropped, openHere, received, unsent, type Connection, type State } from './state'

export type News =
  | { kind: 'put'; waiting: Waiting }
  | { kind: 'sent'; id: string; edits: readonly Edit[] | null }
  | { kind: 'saved'; change: Change; documents: readonly Document[]; outcome: Outcome; at: number }
  | { kind: 'dropped'; id: string }
  | { kind: 'refused'; change: Change; title: string; detail: string; draft: { key: string; draft: Draft } | null }
  | { kind: 'received'; documents: readonly Document[]; stale: readonly StaleItem[] }
  | { kind: 'chosen'; item: string; forced: readonly string[]; gone: readonly string[] }
  | { kind: 'connection'; connection: Connection }
  /** The person went back to the saved text. */
  | { kind: 'discarded'; key: string }
  /** Somebody pressed "Try now". */
  | { kind: 'try' }

export function told(state: State, news: News): State {
  switch (news.kind) {
    case 'put':
      return added(state, [news.waiting])
    case 'sent':
      return news.edits === null ? unsent(state, news.id) : { ...state, attempts: { ...state.attempts, [news.id]: news.edits } }
    case 'saved':
      return confirmed(state, news)
    case 'dropped':
      return dropped(state, news.id)
    case 'refused': {
      const next = dropped(state, news.change.id)
      return news.draft === null ? next : { ...next, drafts: { ...next.drafts, [news.draft.key]: news.draft.draft } }
    }
    case 'received':
      return received(state, openHere(state, news.documents), news.stale)
    case 'chosen':
      return decided(state, news)
    case 'connection':
      return state.connection === news.connection ? state : { ...state, connection: news.connection }
    case 'discarded':
      return { ...state, drafts: Object.fromEntries(Object.entries(state.drafts).filter(([key]) => key !== news.key)) }
    case 'try':
      return state
  }
}

/** What a tab tells the others when changes no longer fit: the newer states, so that all show the same and offer the choice. */
export function standsInTheWay(state: State, before: State): News[] {
  if (state.conflicts === before.conflicts) return []
  return Object.values(state.conflicts).flatMap(({ item, changes }): News[] => {
    const base = state.bases[item]
    if (base === undefined || before.conflicts[item] !== undefined) return []
    const { id, revision, body, parts } = base
    return [{ kind: 'received', documents: [base], stale: [{ id, revision, body, parts: [...(parts ?? [])], changes }] }]
  })
}
