/** How this person has arranged the frame: widths, what is open, the content language. Kept in the browser. */
import { create } from 'zustand'
import { persist } from 'zustand/middleware'

import { focusSoon } from '../focus/soon'

/** Where something is said to the assistant. */
export const MESSAGE = 'message'

export type DrawerTab = 'problems' | 'log' | 'history'

interface Layout {
  pane: number
  inspector: number
  drawerHeight: number
  drawer: DrawerTab | null
  dock: boolean
  /** Whether the turn that is looked at tells how it was understood. */
  how?: boolean
  languages: Readonly<Record<string, string>>
  recent: readonly Visit[]
}

/** A place the person worked at lately. */
export interface Visit {
  kind: string
  name: string
  assistant: string
  path: string
  at: number
}

export const useLayout = create<Layout>()(
  persist<Layout>(() => ({ pane: 260, inspector: 360, drawerHeight: 188, drawer: null, dock: false, languages: {}, recent: [] }), {
    name: 'talkwright-layout',
    version: 1,
  }),
)

const RECENT = 8

export function visited(visit: Omit<Visit, 'at'>): void {
  useLayout.setState(({ recent }) => ({
    recent: [{ ...visit, at: Date.now() }, ...recent.filter((old) => old.path !== visit.path)].slice(0, RECENT),
  }))
}

export function openDrawer(tab: DrawerTab): void {
  useLayout.setState({ drawer: tab })
}

/** Opens a tab of the drawer and goes on there. */
export function goToDrawer(tab: DrawerTab): void {
  openDrawer(tab)
  focusSoon(`drawer-${tab}`)
}

/** Folds the drawer into its strip and goes on there. */
export function leaveDrawer(): void {
  const { drawer } = useLayout.getState()
  useLayout.setState({ drawer: null })
  if (drawer !== null) focusSoon(`strip-${drawer}`)
}

/** Opens Try, or goes to it; the next thing that is typed is said there. */
export function openDock(): void {
  if (useLayout.getState().dock) focusSoon(MESSAGE)
  else useOverlays.setState({ asked: true })
  useLayout.setState({ dock: true })
}

export function toggleDock(): void {
  if (useLayout.getState().dock) useLayout.setState({ dock: false })
  else openDock()
}

/** What is open for a moment only and not kept. */
interface Overlays {
  palette: boolean
  shortcuts: boolean
  create: 'flow' | 'response' | 'slot' | 'intent' | null
  /** Somebody has just asked for Try: it takes the focus once it is there. */
  asked: boolean
  /** The list is shown over the work, where there is no room beside it. */
  list: boolean
}

export const useOverlays = create<Overlays>(() => ({
  palette: false,
  shortcuts: false,
  create: null,
  asked: false,
  list: false,
}))
