/** The canvas by keyboard: one stop of the page, arrows from step to step, Enter into the inspector. */
import { useReactFlow } from '@xyflow/react'
import { useRef, useState, type FocusEvent, type HTMLAttributes, type KeyboardEvent } from 'react'
import { focusSoon } from '../focus/soon'
import type { CanvasNode } from './elements'
import { words } from './words'

/** A step on the canvas, where it is drawn. */
export function nodeOf(key: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(key)}"]`)
}

/** The key of the step that something stands in. */
function stepOf(target: EventTarget): string | undefined {
  return (target as HTMLElement).closest<HTMLElement>('.react-flow__node')?.dataset['id']
}

/** Pictures that a step which comes into view may take to be drawn. */
const PATIENCE = 10

export function useStepKeys(nodes: readonly CanvasNode[], selected: string | null, onSelect: (key: string | null) => void): HTMLAttributes<HTMLDivElement> {
  const { setCenter, getZoom } = useReactFlow()
  const [inside, setInside] = useState(false)
  const last = useRef<string | null>(null)
  const steps = nodes.filter(({ type }) => type === 'step')

  const goTo = (step: CanvasNode | undefined, patience = PATIENCE) => {
    if (step === undefined) return
    const drawn = nodeOf(step.id)
    if (drawn) return drawn.focus({ preventScroll: true })
    // Only what is in view is drawn.
    if (patience === PATIENCE) void setCenter(step.position.x + (step.width ?? 0) / 2, step.position.y + (step.height ?? 0) / 2, { zoom: getZoom() })
    if (patience > 0) requestAnimationFrame(() => goTo(step, patience - 1))
  }
  const onFocus = (event: FocusEvent) => {
    setInside(true)
    const key = stepOf(event.target)
    if (key !== undefined) last.current = key
    else if (event.target === event.currentTarget) goTo(steps.find(({ id }) => id === (selected ?? last.current)) ?? steps[0])
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement
    const at = steps.findIndex(({ id }) => id === stepOf(target))
    const step = steps[at]
    if (step === undefined || !target.matches('.react-flow__node') || event.ctrlKey || event.metaKey || event.altKey) return
    const to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: steps.length - 1 }[event.key]
    if (to !== undefined) goTo(steps[Math.max(0, Math.min(steps.length - 1, to))])
    else if (event.key === 'Enter') {
      onSelect(step.id)
      focusSoon('inspector')
    } else if (event.key === 'Escape') onSelect(null)
    else return
    event.preventDefault()
  }
  return {
    role: 'group',
    'aria-label': words.canvas.steps,
    tabIndex: inside ? -1 : 0,
    onFocus,
    onBlur: ({ currentTarget, relatedTarget }) => setInside(currentTarget.contains(relatedTarget)),
    onKeyDown,
  }
}
