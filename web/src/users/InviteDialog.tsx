import { useState } from 'react'
import { invite } from '../api/users'
import { useForm } from '../frame/useForm'
import { Button } from '../ui/controls'
import { Dialog, Leave } from '../ui/Dialog'
import { SelectField, TextField } from '../ui/fields'
import { LinkShown } from './LinkShown'
import { usersChanged } from './people'
import { useGrantOptions } from './useGrantOptions'
import { words } from './words'

const say = words.invite
const LONGEST = 120

export function InviteDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [invited, setInvited] = useState<{ name: string; link: string } | null>(null)
  const close = () => {
    onClose()
    setInvited(null)
  }
  return (
    <Dialog title={invited === null ? say.title : words.link.invited(invited.name)} opened={opened} onClose={close}>
      {invited === null ? <InviteForm onClose={close} onInvited={setInvited} /> : <LinkShown link={invited.link} onClose={close} />}
    </Dialog>
  )
}

function InviteForm({ onClose, onInvited }: { onClose: () => void; onInvited: (invited: { name: string; link: string }) => void }) {
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [role, setRole] = useState('')
  const [place, setPlace] = useState('')
  const { roles, places } = useGrantOptions()
  const { error, field, busy, submit } = useForm(async (refuse) => {
    if (name.trim() === '') return refuse('name', say.nameMissing)
    const made = await invite({
      username: name.trim(),
      ...(email.trim() === '' ? {} : { email: email.trim() }),
      roles: role === '' ? [] : [role],
      assistant: place === '' ? null : place,
    })
    await usersChanged()
    onInvited({ name: name.trim(), link: made.link })
  })
  return (
    <form onSubmit={submit}>
      <TextField data-autofocus label={say.name} placeholder={say.namePlaceholder} longest={LONGEST} value={name} error={field === 'name' ? error : null} onChange={(event) => setName(event.target.value)} />
      <TextField type="email" label={say.email} longest={254} value={email} onChange={(event) => setEmail(event.target.value)} />
      <SelectField label={say.role} hint={words.roleLetsDo[role]} value={role} options={[{ value: '', label: say.noRole }, ...roles]} onChange={setRole} />
      {role !== '' && <SelectField label={say.place} value={place} options={places} onChange={setPlace} />}
      {field === null && error && (
        <p className="c-err small" role="alert">
          {error}
        </p>
      )}
      <div className="dialog-actions">
        <Leave onClick={onClose}>
          {words.cancel}
        </Leave>
        <Button tall look="primary" type="submit" aria-busy={busy}>
          {say.send}
        </Button>
      </div>
    </form>
  )
}
