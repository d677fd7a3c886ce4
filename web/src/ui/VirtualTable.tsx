/** A table that draws only the rows in view: arrow keys move, Enter opens, heads sort. */
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { Icon } from './Icon'

export interface Column<T> {
  key: string
  head: ReactNode
  /** A CSS grid track. */
  width: string
  right?: boolean
  cell: (row: T) => ReactNode
  /** What the column is sorted by; without it, it isn't. */
  sort?: (row: T) => string | number
}

interface Order {
  key: string
  down: boolean
}

interface Props<T> {
  label: string
  columns: readonly Column<T>[]
  rows: readonly T[]
  id: (row: T) => string
  selected: string | undefined
  onOpen: (row: T) => void
  height?: number
}

/** The height of the head, in pixels, which stays over the rows: they begin below it. */
const HEAD = 30

/** The order in which rows come: by name. */
const AS_THEY_COME: Order = { key: 'name', down: false }

export function VirtualTable<T>({ label, columns, rows: unsorted, id, selected, onOpen, height = 32 }: Props<T>) {
  const [order, setOrder] = useState(AS_THEY_COME)
  const rows = sorted(unsorted, columns, order)
  const box = useRef<HTMLDivElement>(null)
  const place = rows.findIndex((row) => id(row) === selected)
  const [focused, setFocused] = useState(0)
  const active = Math.min(focused, Math.max(0, rows.length - 1))
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => height, overscan: 12, scrollMargin: HEAD, scrollPaddingStart: HEAD })
  useEffect(() => {
    if (place < 0) return
    setFocused(place)
    virtual.scrollToIndex(place, { align: 'auto' })
  }, [place, virtual])
  const template = { gridTemplateColumns: columns.map((column) => column.width).join(' ') }
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12, Home: -rows.length, End: rows.length }[event.key] ?? 0
    const row = rows[active]
    if (event.key === 'Enter' && row !== undefined) onOpen(row)
    if (step === 0) return
    event.preventDefault()
    const to = Math.min(rows.length - 1, Math.max(0, active + step))
    setFocused(to)
    virtual.scrollToIndex(to)
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-place="${to}"]`)?.focus())
  }
  return (
    <div className="vlist" ref={box} role="grid" aria-label={label} aria-rowcount={rows.length + 1} tabIndex={-1} onKeyDown={onKey}>
      <div className="grid-head" role="row" aria-rowindex={1} style={template}>
        {columns.map((column) => (
          <span key={column.key} role="columnheader" className={column.right ? 'r' : ''} aria-sort={order.key === column.key ? (order.down ? 'descending' : 'ascending') : undefined}>
            {column.sort ? (
              <button type="button" onClick={() => setOrder(next(order, column.key))}>
                {column.head}
                {order.key === column.key && <Icon of={order.down ? IconChevronDown : IconChevronUp} size={12} />}
              </button>
            ) : (
              column.head
            )}
          </span>
        ))}
      </div>
      <div role="presentation" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map((shown) => {
          const row = rows[shown.index]
          if (row === undefined) return null
          const chosen = id(row) === selected
          return (
            // Its keys are the grid's: arrows move between rows, Enter opens.
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
            <div
              key={id(row)}
              role="row"
              aria-rowindex={shown.index + 2}
              aria-selected={chosen}
              data-place={shown.index}
              tabIndex={shown.index === active ? 0 : -1}
              className={chosen ? 'grid-row sel' : 'grid-row'}
              style={{ ...template, height, transform: `translateY(${shown.start - HEAD}px)` }}
              onClick={() => onOpen(row)}
              onFocus={() => setFocused(shown.index)}
            >
              {columns.map((column) => (
                <span key={column.key} role="gridcell" className={column.right ? 'r' : ''}>
                  {column.cell(row)}
                </span>
              ))}
            </div>
          )
        })}
      </div>
    </div>
  )
}

function next(order: Order, key: string): Order {
  return { key, down: order.key === key && !order.down }
}

function sorted<T>(rows: readonly T[], columns: readonly Column<T>[], order: Order): readonly T[] {
  const by = columns.find((column) => column.key === order.key)?.sort
  if (by === undefined || order === AS_THEY_COME) return rows
  const sign = order.down ? -1 : 1
  return rows.toSorted((a, b) => {
    const [x, y] = [by(a), by(b)]
    return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y)))
  })
}
