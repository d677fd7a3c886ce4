/** A line between two regions that can be dragged, or moved with the arrow keys. */
import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'

interface Props {
  label: string
  value: number
  min: number
  max: number
  /** 1 where the region before the line grows to the right or downwards, -1 where the one after it does. */
  direction: 1 | -1
  axis?: 'x' | 'y'
  onChange: (value: number) => void
}

export function Resizer({ label, value, min, max, direction, axis = 'x', onChange }: Props) {
  const start = useRef({ at: 0, value: 0 })
  const [dragging, setDragging] = useState(false)
  const set = (next: number) => onChange(Math.round(Math.min(max, Math.max(min, next))))
  const place = (event: PointerEvent) => (axis === 'x' ? event.clientX : event.clientY)
  const keys = (event: KeyboardEvent) => {
    const [less, more] = axis === 'x' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown']
    if (event.key !== less && event.key !== more) return
    event.preventDefault()
    set(value + (event.key === more ? 16 : -16) * direction)
  }
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-orientation={axis === 'x' ? 'horizontal' : 'vertical'}
      aria-valuenow={value}
      aria-valuemin={min}
      aria-valuemax={max}
      className={axis === 'x' ? 'resizer' : 'resizer-y'}
      data-direction={direction}
      data-dragging={dragging || undefined}
      onKeyDown={keys}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        start.current = { at: place(event), value }
        setDragging(true)
      }}
      onPointerMove={(event) => dragging && set(start.current.value + (place(event) - start.current.at) * direction)}
      onPointerUp={() => setDragging(false)}
      onLostPointerCapture={() => setDragging(false)}
    />
  )
}
