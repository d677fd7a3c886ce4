/** The choice between two versions of an item, and what it means for the changes that wait. Pure. */
import { touches } from './changes'
import { derive } from './derive'
import { dropped, unsent, type State } from './state'

export interface Choice {
  item: string
  /** Changes that are written over the newer state. */
  forced: readonly string[]
  /** Changes that are let go. */
  gone: readonly string[]
}

/** What the person's choice for an item means for its changes: write over (`mine`), or let them go (`theirs`). */
export function choiceOf(state: State, item: string, side: 'mine' | 'theirs'): Choice | null {
  const conflict = state.conflicts[item]
  if (conflict === undefined) return null
  const first = state.pending.findIndex((change) => change.id === conflict.change)
  const ids = state.pending.slice(first).flatMap((change) => (touches(change, item) ? [change.id] : []))
  return side === 'mine' ? { item, forced: ids, gone: [] } : { item, forced: [], gone: ids }
}

/** The choice is made: nothing stands in the changes' way any more, or they are gone. */
export function decided(state: State, { item, forced, gone }: Choice): State {
  const pending = state.pending.map((change) => (forced.includes(change.id) ? { ...change, forced: [...(change.forced ?? []), item] } : change))
  const conflicts = Object.fromEntries(Object.entries(state.conflicts).filter(([id]) => id !== item))
  let next: State = { ...state, pending, conflicts }
  for (const id of forced) next = unsent(next, id)
  for (const id of gone) next = dropped(next, id)
  return derive(next, [item])
}
