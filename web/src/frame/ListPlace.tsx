/** The list beside what is open in it. Where there is no room for both it folds away, and a button brings it back over the work. */
import { useClickOutside, useMediaQuery } from '@mantine/hooks'
import { useLocation } from '@tanstack/react-router'
import { IconLayoutSidebar } from '@tabler/icons-react'
import { useEffect, type ReactNode } from 'react'
import { onEscape } from '../focus/onEscape'
import { focusSoon } from '../focus/soon'
import { IconButton } from '../ui/controls'
import { useLayout, useOverlays } from './layout'
import { words } from './words'

/** Below this width of the window an item and its list don't stand side by side. */
const ROOM = '(max-width: 1180px)'
/** From this width on a list beside an item tells more of each. */
const WIDE = '(min-width: 1600px)'
const BUTTON = 'show-list'

const hide = () => useOverlays.setState({ list: false })

/** Whether the window is too narrow for three columns. */
export function useNarrow(): boolean {
  return useMediaQuery(ROOM, false, { getInitialValueInEffect: false })
}

export function useWide(): boolean {
  return useMediaQuery(WIDE, false, { getInitialValueInEffect: false })
}

function useFolded(): boolean {
  const dock = useLayout((state) => state.dock)
  const narrow = useNarrow()
  return dock || narrow
}

interface Props {
  /** Something of the list is open beside it. */
  open: boolean
  /** Whether the button brings this one back: of two lists only the nearer one. */
  comesBack?: boolean
  children: ReactNode
}

export function ListPlace({ open, comesBack = true, children }: Props) {
  const folded = useFolded() && open
  const shown = useOverlays((state) => state.list)
  const path = useLocation({ select: ({ pathname }) => pathname })
  useEffect(hide, [path, folded])
  if (!folded) return children
  return shown && comesBack ? <Over>{children}</Over> : null
}

function leave(): void {
  hide()
  focusSoon(BUTTON)
}

function Over({ children }: { children: ReactNode }) {
  const place = useClickOutside<HTMLDivElement>((event) => {
    if (!(event.target as Element).closest(`#${BUTTON}`)) hide()
  })
  useEffect(() => {
    const find = (selector: string) => place.current?.querySelector<HTMLElement>(selector) ?? null
    focusSoon(() => find('.row.sel, .grid-row.sel') ?? find('input'))
  }, [place])
  return (
    // Escape leaves it from wherever in it the focus is.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className="list-over" ref={place} onKeyDown={onEscape(leave)}>
      {children}
    </div>
  )
}

/** Brings a folded list back; it isn't there while the list is. */
export function ListButton() {
  const folded = useFolded()
  const shown = useOverlays((state) => state.list)
  if (!folded) return null
  return <IconButton id={BUTTON} icon={IconLayoutSidebar} label={words.listPlace.showTheList} aria-pressed={shown} on={shown} onClick={() => useOverlays.setState({ list: !shown })} />
}
