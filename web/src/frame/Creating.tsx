/** The small forms for new items: name first, the rest is edited on the item's page. */
import { useForm } from './useForm'
import { useState } from 'react'
import { api } from '../api'
import { Overlap, useDocuments, uuid7, type Json } from '../documents'
import { Button } from '../ui/controls'
import { Dialog, SelectField, TextField } from '../ui/fields'
import { useAssistant } from './assistant'
import { useOverlays } from './layout'
import { useItemLink } from './useItemLink'

type Kind = NonNullable<ReturnType<typeof useOverlays.getState>['create']>

interface Values {
  name: string
  text: string
  type: string
  values: string
}

const FORMS: Record<Kind, { title: string; name: string; prefix: string; hint: string; text: string | null; textHint?: string; check: RegExp }> = {
  flow: {
    title: 'New flow',
    name: 'Id',
    prefix: '',
    hint: 'Lower case letters, digits and underscores, e.g. transfer_money.',
    text: 'Description',
    textHint: 'When should the assistant start this flow? The understanding reads it.',
    check: /^[a-zA-Z][\w-]*$/,
  },
  response: { title: 'New response', name: 'Name', prefix: 'utter_', hint: 'Starts with utter_.', text: 'Text', check: /^utter_[\w./-]+$/ },
  slot: { title: 'New slot', name: 'Name', prefix: '', hint: 'Lower case letters, digits and underscores, e.g. amount.', text: null, check: /^[a-zA-Z_]\w*$/ },
  intent: { title: 'New intent', name: 'Name', prefix: '', hint: 'Lower case letters, digits and underscores, e.g. ask_balance.', text: 'First example', check: /^[^\s/]+$/ },
}

const SLOT_TYPES = ['text', 'bool', 'float', 'categorical', 'list', 'any'].map((value) => ({ value, label: value }))

const close = () => useOverlays.setState({ create: null })

export function Creating() {
  const kind = useOverlays((state) => state.create)
  return (
    <Dialog title={kind ? FORMS[kind].title : ''} opened={kind !== null} onClose={close}>
      {kind && <Form key={kind} kind={kind} done={close} />}
    </Dialog>
  )
}

function Form({ kind, done }: { kind: Kind; done: () => void }) {
  const form = FORMS[kind]
  const { id: assistant } = useAssistant()
  const store = useDocuments()
  const go = useItemLink()
  const [values, setValues] = useState<Values>({ name: form.prefix, text: '', type: 'text', values: '' })
  const set = (part: Partial<Values>) => setValues((all) => ({ ...all, ...part }))
  const { error, field, busy, submit } = useForm(async (refuse) => {
    const name = values.name.trim()
    if (!form.check.test(name)) return refuse('name', form.hint)
    if (form.text !== null && values.text.trim() === '') return refuse('text', `A ${kind} needs one.`)
    if (kind === 'slot' && values.type === 'categorical' && categories(values.values).length === 0) return refuse('values', 'Name at least one value.')
    const { items } = await api.listItems(assistant, { kind, name })
    if (items.some((item) => item.name === name && !item.builtin)) return refuse('name', `There is already a ${kind} with this name.`)
    try {
      const builtin = items.find((item) => item.name === name)
      if (builtin) return refuse('name', 'A built-in one has this name: edit that instead.')
      store.run([{ name: 'create', item: uuid7(), kind, called: name, body: firstBody(kind, values) }], { name: 'create', arguments: { kind, name } })
    } catch (reason) {
      if (!(reason instanceof Overlap)) throw reason
      return refuse('name', 'This item is being changed right now. Try again.')
    }
    done()
    go({ kind, name })
  })
  return (
    <form onSubmit={submit}>
      <TextField data-autofocus label={form.name} hint={form.hint} mono value={values.name} error={field === 'name' ? error : null} onChange={(event) => set({ name: event.target.value })} />
      {form.text !== null && (
        <TextField label={form.text} hint={form.textHint} value={values.text} error={field === 'text' ? error : null} onChange={(event) => set({ text: event.target.value })} />
      )}
      {kind === 'slot' && <SelectField label="Type" value={values.type} options={SLOT_TYPES} onChange={(type) => set({ type })} />}
      {kind === 'slot' && values.type === 'categorical' && (
        <TextField label="Values" hint="Separated by commas." value={values.values} error={field === 'values' ? error : null} onChange={(event) => set({ values: event.target.value })} />
      )}
      {field === null && error && (
        <p className="c-err small" role="alert">
          {error}
        </p>
      )}
      <div className="dialog-actions">
        <Button tall onClick={done}>
          Cancel
        </Button>
        <Button tall look="primary" type="submit" aria-busy={busy}>
          Create
        </Button>
      </div>
    </form>
  )
}

function categories(text: string): string[] {
  return text
    .split(',')
    .map((value) => value.trim())
    .filter(Boolean)
}

/** A body that is valid at once, so that a new item can be trained and tried as it is. */
function firstBody(kind: Kind, { name, text, type, values }: Values): Json {
  switch (kind) {
    case 'flow':
      return { name: readable(name), description: text.trim(), steps: [{ id: 'start', noop: true, next: 'END' }] }
    case 'response':
      return [{ text: text.trim() }]
    case 'slot':
      return { type, ...(type === 'categorical' ? { values: categories(values) } : {}), mappings: [{ type: 'from_llm' }] }
    case 'intent':
      return { domain: null, examples: [text.trim()], metadata: null }
  }
}

function readable(id: string): string {
  const words = id.replaceAll(/[_-]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
