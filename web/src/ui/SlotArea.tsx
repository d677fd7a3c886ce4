/** A text area for what the bot says: slots are marked in place, and `{` offers their names. */
import { useId, useMemo, useRef, useState, type ChangeEvent, type KeyboardEvent } from 'react'
import { slotRanges } from './slotRanges'
import { words } from './words'

interface Props {
  value: string
  label: string
  /** Null as long as they aren't known: then none is called unknown. */
  slots: readonly string[] | null
  placeholder?: string | undefined
  readOnly?: boolean
  autoFocus?: boolean
  className?: string
  onChange: (value: string) => void
  onBlur: () => void
}

const OFFERED = 8

export function SlotArea({ value, label, slots, placeholder, readOnly = false, autoFocus = false, className = '', onChange, onBlur }: Props) {
  const area = useRef<HTMLTextAreaElement>(null)
  const [open, setOpen] = useState<{ from: number; typed: string } | null>(null)
  const [chosen, setChosen] = useState(0)
  const known = useMemo(() => (slots === null ? null : new Set(slots)), [slots])
  const list = useId()
  const offered = open && slots ? slots.filter((slot) => slot.toLowerCase().includes(open.typed.toLowerCase())).slice(0, OFFERED) : []
  const change = (event: ChangeEvent<HTMLTextAreaElement>) => {
    onChange(event.target.value)
    const match = /\{(\w*)$/.exec(event.target.value.slice(0, event.target.selectionStart))
    setOpen(match ? { from: event.target.selectionStart - (match[1]?.length ?? 0), typed: match[1] ?? '' } : null)
    setChosen(0)
  }
  const take = (slot: string) => {
    if (open === null) return
    const end = open.from + open.typed.length
    const rest = value.slice(end)
    onChange(`${value.slice(0, open.from)}${slot}${rest.startsWith('}') ? '' : '}'}${rest}`)
    setOpen(null)
    const caret = open.from + slot.length + 1
    requestAnimationFrame(() => area.current?.setSelectionRange(caret, caret))
  }
  const onKey = (event: KeyboardEvent) => {
    if (offered.length === 0) return
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) setChosen((chosen + step + offered.length) % offered.length)
    else if (event.key === 'Enter' || event.key === 'Tab') take(offered[chosen] ?? '')
    else if (event.key === 'Escape') setOpen(null)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div className={`slot-area ${className}`}>
      <div className="slot-back" aria-hidden="true">
        {slotRanges(value).map(({ text, slot }, i) => (slot === null ? text : <mark key={i} className={known === null || known.has(slot) || slot.startsWith('context.') ? '' : 'bad'}>{text}</mark>))}{' '}
      </div>
      <textarea
        ref={area}
        rows={1}
        aria-label={label}
        aria-autocomplete="list"
        aria-controls={offered.length > 0 ? list : undefined}
        aria-activedescendant={offered.length > 0 ? `${list}-${chosen}` : undefined}
        className="input"
        value={value}
        placeholder={placeholder}
        readOnly={readOnly}
        data-autofocus={autoFocus || undefined}
        onChange={change}
        onKeyDown={onKey}
        onBlur={() => {
          setOpen(null)
          onBlur()
        }}
      />
      {offered.length > 0 && (
        <div className="pop slot-list" role="listbox" id={list} aria-label={words.slotArea.slots}>
          {offered.map((slot, i) => (
            // The keyboard works through the text area (ARIA combobox).
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
            <div key={slot} id={`${list}-${i}`} role="option" tabIndex={-1} aria-selected={i === chosen} className="mono" onMouseDown={(event) => event.preventDefault()} onClick={() => take(slot)}>
              {slot}
            </div>
          ))}
        </div>
      )}
    </div>
  )
}
