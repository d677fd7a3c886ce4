/** What a slot holds when a conversation starts. */
import { useState } from 'react'
import { useDocuments, type Document, type Json, type JsonObject } from '../documents'
import { SelectField, TextField } from '../ui/fields'
import { words } from './words'

interface Props {
  document: Document
  body: JsonObject
  type: string
  values: readonly Json[]
  readOnly: boolean
}

const NOTHING = ''

export function InitialValue({ document, body, type, values, readOnly }: Props) {
  const store = useDocuments()
  const now = body['initial_value']
  const [error, setError] = useState<string | null>(null)
  const change = { name: 'edit-slot', arguments: { name: document.name } }
  const at = { path: '/initial_value' }
  const write = (value: Json | undefined) => {
    setError(null)
    if (value !== undefined) store.type({ name: 'set', item: document.id, at, value, before: 'mappings', ...(now === undefined ? {} : { was: now }) }, change)
    else if (now !== undefined) store.run([{ name: 'remove', item: document.id, at, was: now }], change)
  }
  const shown = now === undefined || now === null ? NOTHING : typeof now === 'string' ? now : JSON.stringify(now)
  if (type === 'bool' || type === 'categorical') {
    const choices = type === 'bool' ? ['true', 'false'] : values.map(String)
    const options = [{ value: NOTHING, label: words.nothing }, ...choices.map((value) => ({ value, label: value }))]
    const choose = (value: string) => write(value === NOTHING ? undefined : type === 'bool' ? value === 'true' : (values.find((each) => String(each) === value) ?? value))
    return readOnly ? <p className="label">{words.starts(shown)}</p> : <SelectField label={words.startsAs} value={shown} options={options} onChange={choose} />
  }
  const typed = (text: string) => {
    if (text === '') return write(undefined)
    if (type === 'text') return write(text)
    if (type === 'float') {
      const number = Number(text.trim())
      return text.trim() !== '' && Number.isFinite(number) ? write(number) : setError(words.aNumber)
    }
    try {
      return write(JSON.parse(text) as Json)
    } catch {
      return setError(words.aValue)
    }
  }
  return (
    <TextField
      key={`${document.id} ${type}`}
      label={words.startsAs}
      placeholder={words.nothing}
      defaultValue={shown}
      readOnly={readOnly}
      error={error}
      mono={type !== 'text'}
      onChange={(event) => typed(event.target.value)}
      onBlur={() => store.settle()}
    />
  )
}
