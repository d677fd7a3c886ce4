/** Fields of the inspector that type into the flow's document. */
import { useId } from 'react'
import { get, useDocuments, type Address, type Document, type Json, resolve } from '../../documents'
import { Switch } from '../../ui/controls'
import { words } from '../words'

interface Place {
  flow: Document
  at: Address
  label: string
  /** What the history calls this: "description", "name". */
  what: string
  editable: boolean
}

function valueAt(flow: Document, at: Address): Json | undefined {
  const path = resolve(at, flow.keys)
  return path === null ? undefined : get(flow.body, path)
}

/** A text of the flow or of one of its steps. An emptied text removes the key. */
export function TextArea({ flow, at, label, what, editable, hint, lines = 2 }: Place & { hint?: string; lines?: number }) {
  const id = useId()
  const store = useDocuments()
  const value = valueAt(flow, at)
  const text = typeof value === 'string' ? value : ''
  const type = (next: string) =>
    store.type({ name: 'set', item: flow.id, at, value: next, ...(value === undefined ? {} : { was: value }) }, { name: 'edit-field', arguments: { kind: 'flow', name: flow.name, what, ...(at.step ? { step: at.step } : {}) } })
  return (
    <div className="field">
      <label className="label" htmlFor={id}>
        {label}
      </label>
      <textarea id={id} className="input area" rows={lines} value={text} readOnly={!editable} onChange={(event) => type(event.target.value)} onBlur={() => store.settle()} />
      {hint && <p className="hint">{hint}</p>}
    </div>
  )
}

/** A yes/no of a step that is `fallback` where the file says nothing. */
export function Toggle({ flow, at, label, what, editable, hint, fallback = false }: Place & { hint?: string; fallback?: boolean }) {
  const store = useDocuments()
  const value = valueAt(flow, at)
  const on = typeof value === 'boolean' ? value : fallback
  const set = (next: boolean) => {
    const described = { name: 'edit-field', arguments: { kind: 'flow', name: flow.name, what, ...(at.step ? { step: at.step } : {}) } }
    if (next === fallback && value !== undefined) store.run([{ name: 'remove', item: flow.id, at, was: value }], described)
    else store.run([{ name: 'set', item: flow.id, at, value: next, ...(value === undefined ? {} : { was: value }) }], described)
  }
  return (
    <div className="toggle-row">
      <div className="grow">
        <div>{label}</div>
        {hint && <p className="micro t3">{hint}</p>}
      </div>
      {editable ? <Switch checked={on} onChange={set} label={label} /> : <span className="t2">{on ? words.fields.yes : words.fields.no}</span>}
    </div>
  )
}
