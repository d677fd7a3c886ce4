/** Deletes a version's model once the person has said so; while it is in use, says what to do instead. */
import { IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { api, type Version } from '../api'
import { queryClient } from '../app/queries'
import { useAssistant } from '../frame/assistant'
import { useForm } from '../frame/useForm'
import { Button } from '../ui/controls'
import { Dialog } from '../ui/fields'
import { bytes } from '../ui/time'
import { toast } from '../ui/toasts'
import type { RowActs } from './RowMenu'
import type { Need } from './useNeeds'
import { words } from './words'

const say = words.deleting

interface Props {
  version: Version | null
  needOf: (version: Version) => Need | null
  acts: RowActs
  onClose: () => void
}

export function DeleteModel({ version, needOf, acts, onClose }: Props) {
  // What was asked about stands while the dialog fades.
  const [last, setLast] = useState(version)
  if (version !== null && version !== last) setLast(version)
  const need = last && needOf(last)
  return (
    <Dialog title={last === null ? '' : (need ? say.inUse : say.title)(last.number)} opened={version !== null} onClose={onClose}>
      {last !== null && (need ? <InUse version={last} need={need} acts={acts} onClose={onClose} /> : <Confirm version={last} onClose={onClose} />)}
    </Dialog>
  )
}

function Confirm({ version, onClose }: { version: Version; onClose: () => void }) {
  const { id } = useAssistant()
  const { error, busy, submit } = useForm(async () => {
    await api.deleteModel(id, version.id)
    await queryClient.invalidateQueries({ queryKey: ['versions', id] })
    toast(IconTrash, say.done(version.number))
    onClose()
  })
  return (
    <form onSubmit={submit}>
      <p className="t2">{say.what(version.model ? bytes(version.model.bytes) : '')}</p>
      <p className="small t3 delete-model-anew">{say.anew}</p>
      {error && (
        <p className="c-err small" role="alert">
          {error}
        </p>
      )}
      <div className="dialog-actions">
        <Button tall data-autofocus onClick={onClose}>
          {say.cancel}
        </Button>
        <Button tall look="solid-danger" type="submit" aria-busy={busy}>
          {say.go}
        </Button>
      </div>
    </form>
  )
}

function InUse({ version, need, acts, onClose }: { version: Version; need: Need; acts: RowActs; onClose: () => void }) {
  return (
    <>
      <p className="t2">
        {say.needs[need]} {say.free}
      </p>
      <div className="dialog-actions">
        <Button tall data-autofocus onClick={onClose}>
          {say.cancel}
        </Button>
        <Button
          tall
          look="primary"
          onClick={() => {
            onClose()
            acts.history(version)
          }}
        >
          {say.showRuns}
        </Button>
      </div>
    </>
  )
}
