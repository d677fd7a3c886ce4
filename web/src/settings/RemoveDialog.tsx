/** Deletes a secret once the person has said so: its value can't be brought back. */
import { IconTrash } from '@tabler/icons-react'
import { deleteSecret, type Secret } from '../api/secrets'
import { useAssistant } from '../frame/assistant'
import { ConfirmForm } from '../frame/ConfirmForm'
import { useForm } from '../frame/useForm'
import { useLast } from '../frame/useLast'
import { Dialog } from '../ui/Dialog'
import { toast } from '../ui/toasts'
import { secretsChanged } from './queries'
import { namedIn } from './SecretsTable'
import { words } from './words'

const say = words.removal

export function RemoveDialog({ secret, onClose }: { secret: Secret | null; onClose: () => void }) {
  const last = useLast(secret)
  return (
    <Dialog title={say.title(last?.name ?? '')} opened={secret !== null} onClose={onClose}>
      {last !== null && <RemoveForm secret={last} onClose={onClose} />}
    </Dialog>
  )
}

function RemoveForm({ secret, onClose }: { secret: Secret; onClose: () => void }) {
  const { id, deployment } = useAssistant()
  const form = useForm(async () => {
    const { restarting } = await deleteSecret(id, secret.name)
    await secretsChanged(id)
    toast(IconTrash, restarting === null ? words.told.gone(secret.name) : words.told.restarts(words.told.gone(secret.name)))
    onClose()
  })
  const where = namedIn(secret)
  return (
    <ConfirmForm form={form} cancel={say.cancel} go={say.remove} onClose={onClose}>
      <p className="t2">
        {say.why} {where !== '' && say.named(where)}
      </p>
      {deployment !== null && <p className="small t3 secret-restarts">{words.form.restarts}</p>}
    </ConfirmForm>
  )
}
