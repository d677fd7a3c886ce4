/** Renaming, duplicating and deleting an item, each with its dialog; for menus, heads and lists alike. */
import { IconAlertCircle, IconPencil, IconTrash } from '@tabler/icons-react'
import { useState, type ReactNode } from 'react'
import { ApiError } from '../api'
import { queryClient, usedQuery } from '../app/queries'
import { WhereUsed } from '../content/WhereUsed'
import { Overlap, useDocuments, uuid7 } from '../documents'
import { useAssistant, useMayWrite } from '../frame/assistant'
import { undoOnly } from '../frame/undo'
import { useItemLink } from '../frame/useItemLink'
import { Button } from '../ui/controls'
import { Dialog } from '../ui/Dialog'
import { toast } from '../ui/toasts'
import { isNamed, type Acted } from './item'
import { NameForm } from './NameForm'
import { words } from './words'

export interface ItemActions {
  rename: (() => void) | null
  duplicate: (() => void) | null
  remove: (() => void) | null
  dialogs: ReactNode
}

/** What this person can do with an item; `own` says that it is not a built-in one. Where it is deleted, whoever shows it leaves with `onGone`. */
export function useItemActions(item: Acted, own: boolean, onGone: () => void): ItemActions {
  const { id, kind, name } = item
  const store = useDocuments()
  const go = useItemLink()
  const { id: assistant } = useAssistant()
  const may = useMayWrite(kind)
  const [asked, setAsked] = useState<'rename' | 'duplicate' | 'delete' | null>(null)
  const close = () => setAsked(null)
  const undo = (change: string) => ({ label: words.undo, run: () => void undoOnly(store, change) })

  const rename = async (to: string) => {
    await store.open(id)
    const change = store.run([{ name: 'rename', item: id, to, was: name }], { name: 'rename', arguments: { kind, name, new_name: to } })
    if (change === null) return
    toast(IconPencil, words.renamed(name, to), undo(change.id))
  }
  const duplicate = async (to: string) => {
    const { body, revision } = await store.open(id)
    const from = revision > 0 ? { from: { revision, item: id } } : {}
    store.run([{ name: 'create', item: uuid7(), kind, called: to, body, ...from }], { name: 'duplicate-item', arguments: { kind, name } })
    go({ kind, name: to })
  }
  const remove = async () => {
    close()
    let change
    try {
      await store.open(id)
      change = store.run([{ name: 'delete', item: id, kind, called: name }], { name: 'delete', arguments: { kind, name } })
    } catch (error) {
      if (error instanceof Overlap) return toast(IconAlertCircle, words.busy)
      if (error instanceof ApiError) return toast(IconAlertCircle, error.sentence)
      throw error
    }
    onGone()
    if (change === null) return
    toast(
      IconTrash,
      <>
        {words.deleted} <span className="mono">{name}</span>
      </>,
      undo(change.id),
    )
  }
  /** What nothing names goes at once; anything else only after its places were seen. */
  const askedToRemove = async () => {
    const uses = await queryClient.fetchQuery({ ...usedQuery(assistant, id), staleTime: 0 }).catch(() => null)
    if (uses !== null && uses.items.every((use) => use.item.id === id)) await remove()
    else setAsked('delete')
  }
  const dialogs = (
    <>
      <Dialog title={words.renameTitle(kind, name)} opened={asked === 'rename'} onClose={close}>
        <NameForm item={item} first={name} action={words.rename} hint={words.renameHint} go={rename} done={close}>
          <div className="rename-used">
            <WhereUsed item={id} label={words.whereUsed(name)} />
          </div>
        </NameForm>
      </Dialog>
      <Dialog title={words.duplicateTitle(kind, name)} opened={asked === 'duplicate'} onClose={close}>
        <NameForm item={item} first={words.copyOf(name)} action={words.duplicate} go={duplicate} done={close} />
      </Dialog>
      <Dialog title={words.deleteTitle(kind, name)} opened={asked === 'delete'} onClose={close}>
        <p className="t2">{`${words.breaks(kind)} ${words.untilMended}`}</p>
        {kind === 'flow' && name.startsWith('pattern_') && <p className="t2">{words.builtin}</p>}
        <div className="rename-used">
          <WhereUsed item={id} label={words.whereUsed(name)} />
        </div>
        <div className="dialog-actions">
          <Button tall data-autofocus onClick={close}>
            {words.cancel}
          </Button>
          <Button tall look="solid-danger" icon={IconTrash} onClick={() => void remove()}>
            {words.deleteAnyway}
          </Button>
        </div>
      </Dialog>
    </>
  )
  return {
    rename: may && own && isNamed(kind) ? () => setAsked('rename') : null,
    duplicate: may && isNamed(kind) && !name.startsWith('pattern_') ? () => setAsked('duplicate') : null,
    remove: may && own ? () => void askedToRemove() : null,
    dialogs: asked === null ? null : dialogs,
  }
}
