/** Renames an item everywhere, after showing what names it. */
import { IconPencil } from '@tabler/icons-react'
import { useState } from 'react'
import { api } from '../api'
import { Overlap, useDocuments, type Document } from '../documents'
import { useAssistant, useMayWrite } from '../frame/assistant'
import { useForm } from '../frame/useForm'
import { useItemLink } from '../frame/useItemLink'
import { Button, IconButton } from '../ui/controls'
import { Dialog, TextField } from '../ui/fields'
import { WhereUsed } from './WhereUsed'

/** Kinds whose name is a name; the others are called by their file. */
const NAMED = new Set(['flow', 'response', 'slot', 'action', 'intent', 'entity', 'synonym', 'regex', 'lookup'])

export function RenameButton({ document }: { document: Document }) {
  const may = useMayWrite(document.kind)
  const [open, setOpen] = useState(false)
  if (!may || document.builtin || document.revision === 0 || !NAMED.has(document.kind)) return null
  return (
    <>
      <IconButton icon={IconPencil} label="Rename everywhere" small onClick={() => setOpen(true)} />
      <Dialog title={`Rename the ${document.kind} ${document.name}`} opened={open} onClose={() => setOpen(false)}>
        <Form document={document} done={() => setOpen(false)} />
      </Dialog>
    </>
  )
}

function Form({ document, done }: { document: Document; done: () => void }) {
  const { id: assistant } = useAssistant()
  const store = useDocuments()
  const go = useItemLink()
  const { id: item, kind, name: was } = document
  const [typed, setTyped] = useState(was)
  const { error, busy, submit } = useForm(async (refuse) => {
    const to = typed.trim()
    if (to === was) return done()
    if (!/^[^\s]+$/.test(to)) return refuse('name', 'A name without spaces.')
    const { items } = await api.listItems(assistant, { kind, name: to })
    if (items.some((other) => other.name === to)) return refuse('name', `There is already a ${kind} with this name.`)
    try {
      store.run([{ name: 'rename', item, to, was }], { name: 'rename', arguments: { kind, name: was, new_name: to } })
    } catch (reason) {
      if (!(reason instanceof Overlap)) throw reason
      return refuse('name', 'This item is being changed right now. Try again.')
    }
    done()
    go({ kind, name: to })
  })
  return (
    <form onSubmit={submit}>
      <TextField data-autofocus mono label="Name" hint="Every place below is changed with it." value={typed} error={error} onChange={(event) => setTyped(event.target.value)} />
      <div className="rename-used">
        <WhereUsed item={item} />
      </div>
      <div className="dialog-actions">
        <Button tall onClick={done}>
          Cancel
        </Button>
        <Button tall look="primary" type="submit" aria-busy={busy}>
          Rename
        </Button>
      </div>
    </form>
  )
}
