/** The slots that the assistant has, for telling those that it hasn't: wherever a slot is shown as a chip. */
import { createContext, useContext } from 'react'

const Known = createContext<ReadonlySet<string> | null>(null)
export const KnownSlotsProvider = Known.Provider

/** Whether a chip names a slot that there is not; nothing is unknown until the slots are here. */
export function useUnknownSlot(): (slot: string) => boolean {
  const known = useContext(Known)
  return (slot) => known !== null && !slot.startsWith('context.') && !known.has(slot.replace(/^slots\./, '').split('.')[0] ?? slot)
}
