/** Two versions of an item wait for the person's choice: which of them are shown, and which are left for later. */
import { create } from 'zustand'
import { useConflict, useDocumentsState, type Change, type Conflict } from '../documents'
import type { Place } from './useItemLink'

interface Deciding {
  /** The items whose versions the page shows. */
  shown: readonly string[]
  /** By item, the change that is left for later. */
  later: Readonly<Record<string, string>>
  /** The person goes through all of them. */
  walking: boolean
}

export const useDeciding = create<Deciding>(() => ({ shown: [], later: {}, walking: false }))

/** Says that the page shows an item's versions, until the answer is called. */
export function showing(item: string): () => void {
  useDeciding.setState(({ shown }) => ({ shown: [...shown, item] }))
  return () => useDeciding.setState(({ shown }) => ({ shown: shown.filter((each) => each !== item) }))
}

export function decideLater({ item, change }: Conflict): void {
  useDeciding.setState(({ later }) => ({ later: { ...later, [item]: change } }))
}

/** Shows an item's versions again, whatever was said before. */
export function lookAgain(item: string): void {
  useDeciding.setState(({ later }) => ({ later: Object.fromEntries(Object.entries(later).filter(([id]) => id !== item)) }))
}

/** An item's versions, unless they are left for later. */
export function useOpenConflict(id: string | undefined): Conflict | undefined {
  const conflict = useConflict(id)
  const left = useDeciding(({ later }) => conflict !== undefined && later[conflict.item] === conflict.change)
  return left ? undefined : conflict
}

const NONE: readonly Change[] = []

/** All of them, in the order in which their changes were made. */
export function useConflicts(): Conflict[] {
  const conflicts = useDocumentsState((state) => state.conflicts)
  const pending = useDocumentsState((state) => (Object.keys(state.conflicts).length === 0 ? NONE : state.pending))
  const made = (conflict: Conflict) => pending.findIndex(({ id }) => id === conflict.change)
  return Object.values(conflicts).toSorted((one, other) => made(one) - made(other))
}

/** Goes on to the next of those that wait, where the person goes through all of them. */
export function goOnDeciding(conflicts: readonly Conflict[], from: string, go: (place: Place) => void): void {
  const { walking, later } = useDeciding.getState()
  if (!walking) return
  const at = conflicts.findIndex(({ item }) => item === from)
  const next = [...conflicts.slice(at + 1), ...conflicts.slice(0, at)].find(({ item, change }) => later[item] !== change)
  if (next === undefined) useDeciding.setState({ walking: false })
  else go({ kind: next.mine.kind, name: next.mine.name })
}
