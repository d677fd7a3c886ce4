/** Sets a secret or puts another value in its place. What is typed is sent once and forgotten. */
import { IconKey } from '@tabler/icons-react'
import { useState } from 'react'
import { setSecret } from '../api/secrets'
import { useAssistant } from '../frame/assistant'
import { useForm } from '../frame/useForm'
import { useLast } from '../frame/useLast'
import { Button } from '../ui/controls'
import { Dialog, Leave } from '../ui/Dialog'
import { TextField } from '../ui/fields'
import { toast } from '../ui/toasts'
import { secretsChanged } from './queries'
import { words } from './words'

const say = words.form
const LONGEST_NAME = 100
const LONGEST_VALUE = 3000
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Which secret is set; one without a name is a new one. */
export interface Editing {
  name: string | null
  isSet: boolean
}

export function SecretDialog({ editing, onClose }: { editing: Editing | null; onClose: () => void }) {
  const last = useLast(editing)
  return (
    <Dialog title={titleOf(last)} opened={editing !== null} onClose={onClose}>
      <SecretForm fixed={last?.name ?? null} onClose={onClose} />
    </Dialog>
  )
}

function titleOf(editing: Editing | null): string {
  if (editing === null || editing.name === null) return say.add
  return editing.isSet ? say.replace(editing.name) : say.set(editing.name)
}

function SecretForm({ fixed, onClose }: { fixed: string | null; onClose: () => void }) {
  const { id, deployment } = useAssistant()
  const [typed, setName] = useState('')
  const [value, setValue] = useState('')
  const name = fixed ?? typed.trim()
  const { error, field, busy, submit } = useForm(
    async (refuse) => {
      if (!NAME.test(name)) return refuse('name', say.nameWrong)
      if (value.trim() === '') return refuse('value', say.valueMissing)
      const { restarting } = await setSecret(id, name, value.trim())
      await secretsChanged(id)
      toast(IconKey, restarting === null ? words.told.set(name) : words.told.restarts(words.told.set(name)))
      onClose()
    },
    { 'own-name': 'name', 'unusable-value': 'value' },
  )
  return (
    <form onSubmit={submit} autoComplete="off">
      {fixed === null && <TextField data-autofocus mono label={say.name} hint={say.nameHint} longest={LONGEST_NAME} value={typed} error={field === 'name' ? error : null} onChange={(event) => setName(event.target.value)} />}
      <TextField
        data-autofocus={fixed !== null || undefined}
        type="password"
        autoComplete="new-password"
        mono
        label={say.value}
        hint={say.valueHint}
        longest={LONGEST_VALUE}
        value={value}
        error={field === 'value' ? error : null}
        onChange={(event) => setValue(event.target.value)}
      />
      {deployment !== null && <p className="small t3 secret-restarts">{say.restarts}</p>}
      {(field === null || (field === 'name' && fixed !== null)) && error && (
        <p className="c-err small" role="alert">
          {error}
        </p>
      )}
      <div className="dialog-actions">
        <Leave onClick={onClose}>
          {say.cancel}
        </Leave>
        <Button tall look="primary" type="submit" aria-busy={busy}>
          {say.save}
        </Button>
      </div>
    </form>
  )
}
