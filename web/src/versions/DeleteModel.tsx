/** Deletes a version's model once the person has said so; while it is in use, says what to do instead. */
import { IconTrash } from '@tabler/icons-react'
import { api, type Version } from '../api'
import { queryClient } from '../app/queries'
import { useAssistant } from '../frame/assistant'
import { ConfirmForm } from '../frame/ConfirmForm'
import { useForm } from '../frame/useForm'
import { useLast } from '../frame/useLast'
import { Button } from '../ui/controls'
import { Dialog } from '../ui/Dialog'
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
  const last = useLast(version)
  const need = last && needOf(last)
  return (
    <Dialog title={last === null ? '' : (need ? say.inUse : say.title)(last.number)} opened={version !== null} onClose={onClose}>
      {last !== null && (need ? <InUse version={last} need={need} acts={acts} onClose={onClose} /> : <Confirm version={last} onClose={onClose} />)}
    </Dialog>
  )
}

function Confirm({ version, onClose }: { version: Version; onClose: () => void }) {
  const { id } = useAssistant()
  const form = useForm(async () => {
    await api.deleteModel(id, version.id)
    await queryClient.invalidateQueries({ queryKey: ['versions', id] })
    toast(IconTrash, say.done(version.number))
    onClose()
  })
  return (
    <ConfirmForm form={form} cancel={say.cancel} go={say.go} onClose={onClose}>
      <p className="t2">{say.what(version.model ? bytes(version.model.bytes) : '')}</p>
      <p className="small t3 delete-model-anew">{say.anew}</p>
    </ConfirmForm>
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
