import type { Icon as TablerIcon } from '@tabler/icons-react'

export type IconOf = TablerIcon

const STROKES: Record<number, number> = { 12: 2.2, 14: 1.9, 16: 1.75, 20: 1.6 }

/** A Tabler icon in one of the four sizes, with the stroke that reads well at it. Decoration: the text beside it speaks. */
export function Icon({ of: Shape, size = 16, className = '' }: { of: TablerIcon; size?: 12 | 14 | 16 | 20; className?: string }) {
  const scale = size === 16 ? '' : ` i-${size}`
  return <Shape aria-hidden size={size} stroke={STROKES[size] ?? 1.75} className={`i${scale} ${className}`} />
}
