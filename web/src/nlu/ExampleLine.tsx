/** One example as a line: Enter makes the next one, chosen words are marked as an entity, an emptied line goes. */
import { IconX } from '@tabler/icons-react'
import { useRef, useState, type ClipboardEvent, type KeyboardEvent } from 'react'
import { IconButton } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { markable, marked, marksIn, unmarked, type Doubled, type ExampleView } from './examples'
import { MarkBar } from './MarkBar'
import { MarkedText } from './MarkedText'
import { words } from './words'

interface Props {
  place: number
  example: ExampleView
  doubled: Doubled | undefined
  readOnly: boolean
  onWrite: (value: string) => void
  /** Marks are changes of their own; a new entity is made with its first mark. */
  onMark: (value: string, newEntity: string | null) => void
  /** The focus left the line, which this is the field of. */
  onLeave: (field: HTMLInputElement) => void
  onNext: () => void
  onPaste: (texts: readonly string[]) => void
  onRemove: () => void
  /** The emptied line is removed with one more key. */
  onErase: () => void
  onMove: (place: number) => void
}

export function ExampleLine({ place, example, doubled, readOnly, onWrite, onMark, onLeave, onNext, onPaste, onRemove, onErase, onMove }: Props) {
  const { text } = example
  const line = useRef<HTMLLIElement>(null)
  const input = useRef<HTMLInputElement>(null)
  const [chosen, setChosen] = useState<{ from: number; to: number } | null>(null)
  const marks = marksIn(text)
  const stretch = chosen && markable(text, chosen.from, chosen.to)
  const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter' && !readOnly && text.trim() !== '') onNext()
    else if ((event.key === 'Backspace' || event.key === 'Delete') && text === '' && !readOnly) onErase()
    else if (event.key === 'ArrowDown') onMove(place + 1)
    else if (event.key === 'ArrowUp') onMove(place - 1)
    else return
    event.preventDefault()
  }
  const paste = (event: ClipboardEvent) => {
    const lines = event.clipboardData.getData('text').split(/\r?\n/).map((each) => each.replace(/^\s*-\s+/, '').trim()).filter(Boolean)
    if (lines.length < 2 || readOnly) return
    event.preventDefault()
    onPaste(lines)
  }
  const select = () => {
    const { selectionStart: from, selectionEnd: to } = input.current ?? {}
    if (!readOnly) setChosen(typeof from === 'number' && typeof to === 'number' && from < to ? { from, to } : null)
  }
  const mark = (entity: string, isNew: boolean) => {
    if (stretch) onMark(marked(text, stretch, entity), isNew ? entity : null)
    setChosen(null)
    input.current?.focus()
  }
  return (
    // It only watches whether the focus leaves all that is inside.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <li
      ref={line}
      className="example"
      onBlur={(event) => {
        if (line.current?.contains(event.relatedTarget)) return
        setChosen(null)
        if (input.current) onLeave(input.current)
      }}
    >
      <div className="example-line">
        <div className="example-text" data-marked={(marks.length > 0 && !chosen) || undefined}>
          <input
            ref={input}
            data-example={place}
            type="text"
            aria-label={words.exampleAt(place + 1)}
            value={text}
            readOnly={readOnly}
            placeholder={words.placeholder}
            onChange={(event) => onWrite(event.target.value)}
            onSelect={select}
            onKeyDown={onKey}
            onPaste={paste}
          />
          {marks.length > 0 && !chosen && <MarkedText text={text} />}
        </div>
        {!readOnly && marks.length > 0 && (
          <span className="example-marks">
            {marks.map((each) => (
              <button key={each.from} type="button" className="tag" aria-label={words.unmark(each.entity, each.value)} onClick={() => onMark(unmarked(text, each), null)}>
                {each.entity}
                <Icon of={IconX} size={12} />
              </button>
            ))}
          </span>
        )}
        {doubled && <span className="c-warn micro nowrap">{words.doubled[doubled]}</span>}
        {!readOnly && <IconButton icon={IconX} label={words.removeExample(place + 1)} small onClick={onRemove} />}
      </div>
      {stretch && <MarkBar chosen={text.slice(stretch.from, stretch.to)} onMark={mark} onLeave={() => (setChosen(null), input.current?.focus())} />}
    </li>
  )
}
