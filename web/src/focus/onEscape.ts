/** Leaves a place with Escape, unless a menu, a list or a dialog in it takes the key for itself. */
import type { KeyboardEvent } from 'react'

const TAKES_IT = '[role="dialog"], [role="menu"], [role="listbox"], [aria-expanded="true"]'

export function onEscape(leave: () => void): (event: KeyboardEvent<HTMLElement>) => void {
  return (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented || (event.target as HTMLElement).closest(TAKES_IT)) return
    event.stopPropagation()
    leave()
  }
}
