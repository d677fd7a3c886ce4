/** The person's menu: theme, shortcuts, sign out. */
import { Menu, useMantineColorScheme, type MantineColorScheme } from '@mantine/core'
import { IconCheck, IconDeviceDesktop, IconKeyboard, IconLogout, IconMoon, IconSun, type Icon as TablerIcon } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { api } from '../api'
import { instanceQuery, sessionQuery } from '../app/queries'
import { openStores } from '../app/stores'
import { Avatar, Kbd } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { useOverlays } from './layout'

const THEMES: readonly { value: MantineColorScheme; label: string; icon: TablerIcon }[] = [
  { value: 'light', label: 'Light', icon: IconSun },
  { value: 'dark', label: 'Dark', icon: IconMoon },
  { value: 'auto', label: 'Like the system', icon: IconDeviceDesktop },
]

export async function leave(): Promise<void> {
  await Promise.all(openStores().map((store) => store.leave()))
  const { redirect } = await api.signOut()
  window.location.assign(redirect)
}

export function PersonMenu() {
  const { data: session } = useQuery(sessionQuery)
  const { data: instance } = useQuery(instanceQuery)
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const name = session?.person.name ?? ''
  return (
    <Menu position="bottom-end" width={232}>
      <Menu.Target>
        <button type="button" className="person">
          <Avatar name={name} />
          <span className="sr">: theme, shortcuts, sign out</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{name}</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(scheme) => setColorScheme(scheme as MantineColorScheme)}>
          {THEMES.map((theme) => (
            <Menu.RadioItem key={theme.value} value={theme.value} checkIcon={<Icon of={IconCheck} size={14} />}>
              <span className="hs">
                <Icon of={theme.icon} />
                {theme.label}
              </span>
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<Icon of={IconKeyboard} />} rightSection={<Kbd>?</Kbd>} onClick={() => useOverlays.setState({ shortcuts: true })}>
          Keyboard shortcuts
        </Menu.Item>
        <Menu.Item leftSection={<Icon of={IconLogout} />} onClick={() => void leave()}>
          Sign out
        </Menu.Item>
        {instance && (
          <>
            <Menu.Divider />
            <Menu.Label>Talkwright {instance.version}</Menu.Label>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
