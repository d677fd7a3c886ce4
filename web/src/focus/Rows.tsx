/** A list of links that goes by keyboard: up and down from row to row, Home and End to its ends. */
import type { KeyboardEvent, ReactNode } from 'react'

export function Rows({ label, className, children }: { label: string; className: string; children: ReactNode }) {
  return (
    // The rows are links of their own; the arrows only go between them.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <nav className={className} aria-label={label} onKeyDown={byArrows}>
      {children}
    </nav>
  )
}

function byArrows(event: KeyboardEvent<HTMLElement>): void {
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('.row')]
  const at = rows.indexOf(event.target as HTMLElement)
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key]
  if (at < 0 || to === undefined) return
  event.preventDefault()
  rows[Math.max(0, Math.min(rows.length - 1, to))]?.focus()
}
