/** The item that a name means, also while the list, the open documents and the address don't agree yet. Pure. */
import type { ItemSummary } from '../api'
import type { State } from '../documents'

type Named = Pick<ItemSummary, 'id' | 'name'>

/** The item with what it is called now, which is another name where it was renamed; `meant` is the id that the name had when it was last found. */
export function itemCalled(kind: string, name: string, meant: string | undefined, { documents, bases }: Pick<State, 'documents' | 'bases'>, list: readonly Named[] = []): Named | undefined {
  const here = Object.values(documents).filter((document) => document.kind === kind && !document.deleted)
  const listed = list.find((item) => item.name === name)
  // The list still has the old name of what was only just renamed here.
  const renamed = here.find(({ id, name: now }) => id === listed?.id && now !== bases[id]?.name)
  const found = here.find((document) => document.name === name) ?? renamed ?? listed ?? here.find(({ id }) => id === meant) ?? list.find(({ id }) => id === meant)
  return found && { id: found.id, name: found.name }
}
