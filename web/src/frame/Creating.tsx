/** The small forms for new items: name first, the rest is edited on the item's page. */
import { useForm } from './useForm'
import { useState } from 'react'
import { api } from '../api'
import { Overlap, useDocuments, uuid7, type Command, type Json } from '../documents'
import { Button } from '../ui/controls'
import { Dialog, Leave } from '../ui/Dialog'
import { SelectField, TextField } from '../ui/fields'
import { useAssistant, useMayWrite } from './assistant'
import { useOverlays } from './layout'
import { useItemLink } from './useItemLink'
import { words as texts } from './words'

type Kind = NonNullable<ReturnType<typeof useOverlays.getState>['create']>

interface Values {
  name: string
  text: string
  type: string
  values: string
}

const FORMS: Record<Kind, { title: string; name: string; prefix: string; hint: string; text: string | null; textHint?: string; check: RegExp }> = {
  flow: {
    title: texts.creating.newFlow,
    name: texts.creating.id,
    prefix: '',
    hint: texts.creating.flowIdHint,
    text: texts.creating.description,
    textHint: texts.creating.whenToStart,
    check: /^[a-zA-Z][\w-]*$/,
  },
  response: { title: texts.creating.newResponse, name: texts.creating.name, prefix: 'utter_', hint: texts.creating.startsWithUtter, text: texts.creating.text, check: /^utter_[\w./-]+$/ },
  slot: { title: texts.creating.newSlot, name: texts.creating.name, prefix: '', hint: texts.creating.slotNameHint, text: null, check: /^[a-zA-Z_]\w*$/ },
  intent: { title: texts.creating.newIntent, name: texts.creating.name, prefix: '', hint: texts.creating.intentNameHint, text: texts.creating.firstExample, check: /^[^\s/]+$/ },
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
  const mayRespond = useMayWrite('response')
  const [values, setValues] = useState<Values>({ name: form.prefix, text: '', type: 'text', values: '' })
  const set = (part: Partial<Values>) => setValues((all) => ({ ...all, ...part }))
  const { error, field, busy, submit } = useForm(async (refuse) => {
    const name = values.name.trim()
    if (!form.check.test(name)) return refuse('name', form.hint)
    if (form.text !== null && values.text.trim() === '') return refuse('text', texts.creating.aNeedsOne(kind))
    if (kind === 'slot' && values.type === 'categorical' && categories(values.values).length === 0) return refuse('values', texts.creating.valueMissing)
    const { items } = await api.listItems(assistant, { kind, name })
    if (items.some((item) => item.name === name && !item.builtin)) return refuse('name', texts.creating.nameTaken(kind))
    try {
      const builtin = items.find((item) => item.name === name)
      if (builtin) return refuse('name', texts.creating.nameBuiltIn)
      const made = { name: 'create' as const, item: uuid7(), kind, called: name, body: firstBody(kind, values, mayRespond) }
      store.run([...(kind === 'flow' && mayRespond ? await firstMessage(assistant, name) : []), made], { name: 'create', arguments: { kind, name } })
    } catch (reason) {
      if (!(reason instanceof Overlap)) throw reason
      return refuse('name', texts.creating.itemBusy)
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
      {kind === 'slot' && <SelectField label={texts.creating.type} value={values.type} options={SLOT_TYPES} onChange={(type) => set({ type })} />}
      {kind === 'slot' && values.type === 'categorical' && (
        <TextField label={texts.creating.values} hint={texts.creating.separatedByCommas} value={values.values} error={field === 'values' ? error : null} onChange={(event) => set({ values: event.target.value })} />
      )}
      {field === null && error && (
        <p className="c-err small" role="alert">
          {error}
        </p>
      )}
      <div className="dialog-actions">
        <Leave onClick={done}>
          {texts.creating.cancel}
        </Leave>
        <Button tall look="primary" type="submit" aria-busy={busy}>
          {texts.creating.create}
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

/** The message that a new flow begins with. */
function messageOf(flow: string): string {
  return `utter_${flow}`
}

/** Makes the first message of a new flow, unless there is one of that name. */
async function firstMessage(assistant: string, flow: string): Promise<Command[]> {
  const name = messageOf(flow)
  const { items } = await api.listItems(assistant, { kind: 'response', name })
  if (items.some((item) => item.name === name)) return []
  return [{ name: 'create', item: uuid7(), kind: 'response', called: name, body: [{ text: texts.creating.firstMessage }] }]
}

/** A body that is valid at once, so that a new item can be trained and tried as it is. */
function firstBody(kind: Kind, { name, text, type, values }: Values, mayRespond: boolean): Json {
  switch (kind) {
    case 'flow':
      return { name: readable(name), description: text.trim(), steps: [mayRespond ? { action: messageOf(name) } : { id: 'start', noop: true, next: 'END' }] }
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
