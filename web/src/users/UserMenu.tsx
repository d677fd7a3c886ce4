/** What can be done with a person. */
import { Menu } from '@mantine/core'
import { IconDots, IconKey, IconUserCheck, IconUserOff, IconUserShield } from '@tabler/icons-react'
import { useState } from 'react'
import { passwordLink, setDisabled, type UserShown } from '../api/users'
import { IconButton } from '../ui/controls'
import { Dialog } from '../ui/Dialog'
import { Icon } from '../ui/Icon'
import { toast } from '../ui/toasts'
import { LinkShown } from './LinkShown'
import { usersChanged, type Held } from './people'
import { RolesForm } from './RolesForm'
import { told } from './told'
import { words } from './words'

const say = words.menu

export function UserMenu({ user, held }: { user: UserShown; held: readonly Held[] }) {
  const [roles, setRoles] = useState(false)
  const [link, setLink] = useState<string | null>(null)
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <IconButton icon={IconDots} label={words.moreFor(user.name)} small />
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Icon of={IconUserShield} />} onClick={() => setRoles(true)}>
            {say.roles}
          </Menu.Item>
          {user.has_account_here && !user.disabled && (
            <Menu.Item leftSection={<Icon of={IconKey} />} onClick={() => void told(async () => setLink(await passwordLink(user.id)))}>
              {say.password}
            </Menu.Item>
          )}
          <Menu.Divider />
          {user.disabled ? (
            <Menu.Item leftSection={<Icon of={IconUserCheck} />} onClick={() => void told(() => change(user, false))}>
              {say.enable}
            </Menu.Item>
          ) : (
            <Menu.Item data-danger leftSection={<Icon of={IconUserOff} />} onClick={() => void told(() => change(user, true))}>
              {say.disable}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <Dialog title={words.roles.title(user.name)} opened={roles} onClose={() => setRoles(false)}>
        <RolesForm user={user} held={held} onClose={() => setRoles(false)} />
      </Dialog>
      <Dialog title={words.link.password(user.name)} opened={link !== null} onClose={() => setLink(null)}>
        {link !== null && <LinkShown link={link} onClose={() => setLink(null)} />}
      </Dialog>
    </>
  )
}

async function change(user: UserShown, disabled: boolean): Promise<void> {
  await setDisabled(user.id, disabled)
  await usersChanged()
  if (disabled) toast(IconUserOff, words.disable.done(user.name), { label: words.disable.undo, run: () => void told(() => change(user, false)) })
  else toast(IconUserCheck, words.disable.undone(user.name))
}
