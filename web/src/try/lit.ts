/** What the conversation lights up on the canvas. */
import { useMemo } from 'react'
import { useAssistant } from '../frame/assistant'
import { useLayout } from '../frame/layout'
import { NOTHING_LIT, type Lit } from '../flow-builder/elements'
import { START_KEY } from '../flow-builder/layout'
import type { FlowView } from '../flow-builder/view'
import type { ChatState, Turn } from '../api/chats'
import { update, useChat } from './session'

/** The steps and edges of the flow's latest visit, up to the chosen turn. Pure. */
export function litPath(flow: string, view: FlowView, turns: readonly Turn[], state: ChatState | null, upTo: number | null): Lit {
  const path: string[] = []
  let active: string | null = null
  for (const turn of turns) {
    if (upTo !== null && turn.number > upTo) break
    for (const entry of turn.entries) {
      if (entry.kind === 'session') path.length = 0
      if (entry.flow !== flow) continue
      if (entry.kind === 'flow_started') path.splice(0, path.length, START_KEY)
      if (entry.kind === 'step' && entry.step) path.push(entry.step)
      if (entry.kind === 'waiting') active = entry.step ?? null
      if (entry.kind === 'flow_completed' || entry.kind === 'flow_cancelled') active = null
    }
  }
  if (path.length === 0) return NOTHING_LIT
  if (upTo === null && state !== null && state.flow !== flow) active = null
  const taken = new Set(path.slice(1).map((step, index) => `${path[index]} ${step}`))
  const edges = view.layout.edges.filter(({ from, to }) => taken.has(`${from} ${to}`)).map(({ id }) => id)
  return { steps: new Set(path), edges: new Set(edges), active }
}

export function useLit(flow: string, view: FlowView): Lit {
  const { turns, state, chosen } = useChat(useAssistant().id)
  const open = useLayout((layout) => layout.dock)
  return useMemo(() => (open ? litPath(flow, view, turns, state, chosen) : NOTHING_LIT), [open, flow, view, turns, state, chosen])
}

/** The switch that ties the canvas to the conversation; it is there while the dock is open and somebody talks. */
export function useFollowing(): { available: boolean; on: boolean; set: (on: boolean) => void } {
  const assistant = useAssistant()
  const { following } = useChat(assistant.id)
  const available = useLayout((layout) => layout.dock)
  return { available, on: available && following, set: (on) => update(assistant.id, { following: on }) }
}
