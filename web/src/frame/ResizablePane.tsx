/** A list beside the work, as wide as the person dragged it. */
import type { ReactNode } from 'react'
import { useLayout } from './layout'
import { Resizer } from './Resizer'
import { words } from './words'

export function ResizablePane({ label, children }: { label: string; children: ReactNode }) {
  const width = useLayout((state) => state.pane)
  return (
    <aside className="pane" aria-label={label} style={{ width }}>
      {children}
      <Resizer label={words.resizablePane.widthOfTheList} direction={1} value={width} min={200} max={420} onChange={(pane) => useLayout.setState({ pane })} />
    </aside>
  )
}
