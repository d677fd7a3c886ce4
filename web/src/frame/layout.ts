/** How this person has arranged the frame: widths, what is open, the content language. Kept in the browser. */
import { create } from 'zustand'
import { persist } from 'zustand/middleware'

export type DrawerTab = 'problems' | 'log' | 'history'

interface Layout {
  pane: number
  inspector: number
  drawerHeight: number
  drawer: DrawerTab | null
  dock: boolean
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

export function toggleDrawer(tab: DrawerTab): void {
  useLayout.setState(({ drawer }) => ({ drawer: drawer === tab ? null : tab }))
}

export function toggleDock(): void {
  useLayout.setState(({ dock }) => ({ dock: !dock }))
}

/** What is open for a moment only and not kept. */
export const useOverlays = create<{ palette: boolean; shortcuts: boolean; create: 'flow' | 'response' | 'slot' | 'intent' | null }>(() => ({
  palette: false,
  shortcuts: false,
  create: null,
}))
