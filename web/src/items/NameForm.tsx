/** Asks for another name: to rename an item everywhere, after showing what names it, or to make a copy of it. */
import { useState, type ReactNode } from 'react'
import { api } from '../api'
import { Overlap } from '../documents'
import { useAssistant } from '../frame/assistant'
import { useForm } from '../frame/useForm'
import { Button } from '../ui/controls'
import { Leave } from '../ui/Dialog'
import { TextField } from '../ui/fields'
import { nameFault, type Acted } from './item'
import { words } from './words'

interface Props {
  item: Acted
  first: string
  action: string
  hint?: string
  /** Does it; throws Overlap where the item is being changed. */
  go: (name: string) => Promise<void>
  done: () => void
  children?: ReactNode
}

export function NameForm({ item: { kind, name: was }, first, action, hint, go, done, children }: Props) {
  const { id: assistant } = useAssistant()
  const [typed, setTyped] = useState(first)
  const { error, busy, submit } = useForm(async (refuse) => {
    const to = typed.trim()
    if (to === was) return first === was ? done() : refuse('name', words.taken(kind))
    const fault = nameFault(kind, to)
    if (fault !== null) return refuse('name', fault)
    const { items } = await api.listItems(assistant, { kind, name: to })
    if (items.some((other) => other.name === to)) return refuse('name', words.taken(kind))
    try {
      await go(to)
    } catch (reason) {
      if (!(reason instanceof Overlap)) throw reason
      return refuse('name', words.busy)
    }
    done()
  })
  return (
    <form onSubmit={submit}>
      <TextField data-autofocus mono label={words.name(kind)} hint={hint} value={typed} error={error} onChange={(event) => setTyped(event.target.value)} />
      {children}
      <div className="dialog-actions">
        <Leave onClick={done}>
          {words.cancel}
        </Leave>
        <Button tall look="primary" type="submit" aria-busy={busy}>
          {action}
        </Button>
      </div>
    </form>
  )
}
