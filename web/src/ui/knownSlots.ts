/** The slots that the assistant has, for telling those that it hasn't: wherever a slot is shown as a chip. */
import { createContext, useContext } from 'react'

/** What the engine puts into a text besides slots: the value that a rule or a type did not take. */
const GIVEN = new Set(['value'])

const Known = createContext<ReadonlySet<string> | null>(null)
export const KnownSlotsProvider = Known.Provider

/** Whether a chip names a slot that there is not; nothing is unknown until the slots are here. */
export function useUnknownSlot(): (slot: string) => boolean {
  const known = useContext(Known)
  return (slot) => known !== null && !GIVEN.has(slot) && !slot.startsWith('context.') && !known.has(slot.replace(/^slots\./, '').split('.')[0] ?? slot)
}
