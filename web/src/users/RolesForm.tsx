/** What a person holds: take a role back, give another one, everywhere or in one assistant. */
import { IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { grant, revoke, type UserShown } from '../api/users'
import { useForm } from '../frame/useForm'
import { Button, IconButton } from '../ui/controls'
import { Leave } from '../ui/Dialog'
import { SelectField } from '../ui/fields'
import { usersChanged, type Held } from './people'
import { told } from './told'
import { useGrantOptions } from './useGrantOptions'
import { words } from './words'

const say = words.roles

export function RolesForm({ user, held, onClose }: { user: UserShown; held: readonly Held[]; onClose: () => void }) {
  const { roles, places } = useGrantOptions()
  const [role, setRole] = useState<string | null>(null)
  const [place, setPlace] = useState('')
  const wanted = role ?? roles[0]?.value ?? ''
  const { error, busy, submit } = useForm(async () => {
    await grant(user.id, wanted, place === '' ? null : place)
    await usersChanged()
  })
  const take = (one: Held) =>
    told(async () => {
      await revoke(user.id, one.role, one.assistant)
      await usersChanged()
    })
  return (
    <form onSubmit={submit}>
      {held.length === 0 && <p className="t2">{say.none}</p>}
      <ul className="users-held">
        {held.map((one) => (
          <li key={`${one.role} ${one.assistant ?? ''}`} className="hs">
            <span className="grow ell">{one.label}</span>
            <IconButton icon={IconX} label={say.take(one.label)} small onClick={() => void take(one)} />
          </li>
        ))}
      </ul>
      <div className="users-give">
        <SelectField label={say.add} value={wanted} options={roles} onChange={setRole} />
        <SelectField label={words.invite.place} value={place} options={places} onChange={setPlace} />
        <Button tall type="submit" aria-busy={busy}>
          {say.give}
        </Button>
      </div>
      {words.roleLetsDo[wanted] && <p className="small t3 users-lets">{words.roleLetsDo[wanted]}</p>}
      {error && (
        <p className="c-err small" role="alert">
          {error}
        </p>
      )}
      <div className="dialog-actions">
        <Leave look="primary" onClick={onClose}>
          {words.done}
        </Leave>
      </div>
    </form>
  )
}
