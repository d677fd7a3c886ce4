/** A text field tied to a place of a document: it follows every stroke, and leaves one change per pause. */
import type { ChangeEvent } from 'react'
import { useDocuments, type Address, type Label } from '../documents'

interface Props {
  item: string
  at: Address
  /** What stands there; undefined where nothing does yet. */
  value: string | undefined
  label: string
  change: Label
  multiline?: boolean
  mono?: boolean
  placeholder?: string
  className?: string
  readOnly?: boolean
  /** Leaves the member out instead of writing an empty text. */
  emptyRemoves?: boolean
}

export function BoundText({ item, at, value, label, change, multiline = false, mono = false, placeholder, className = '', readOnly = false, emptyRemoves = false }: Props) {
  const store = useDocuments()
  const onChange = (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => {
    const next = event.target.value
    if (next === '' && emptyRemoves) {
      if (value !== undefined) store.run([{ name: 'remove', item, at, was: value }], change)
      return
    }
    store.type({ name: 'set', item, at, value: next, ...(value === undefined ? {} : { was: value }) }, change)
  }
  const shared = {
    'aria-label': label,
    value: value ?? '',
    placeholder,
    readOnly,
    onChange,
    onBlur: () => store.settle(),
    className: `input${mono ? ' mono' : ''} ${className}`,
    spellCheck: !mono,
    autoComplete: 'off',
  }
  return multiline ? <textarea rows={1} {...shared} /> : <input type="text" {...shared} />
}
