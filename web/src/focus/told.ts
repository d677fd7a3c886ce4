/** What happened, in a sentence for screen readers, where the page shows it only by its looks. */
import { create } from 'zustand'

export const useTold = create<{ text: string; count: number }>(() => ({ text: '', count: 0 }))

export function tell(text: string): void {
  useTold.setState(({ count }) => ({ text, count: count + 1 }))
}
