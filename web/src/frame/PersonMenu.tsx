/** The person's menu: theme, shortcuts, sign out. */
import { Menu, useMantineColorScheme, type MantineColorScheme } from '@mantine/core'
import { IconCheck, IconDeviceDesktop, IconKeyboard, IconLogout, IconMoon, IconSun, type Icon as TablerIcon } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { api } from '../api'
import { tellSignedOut } from '../app/person'
import { instanceQuery, sessionQuery } from '../app/queries'
import { openStores } from '../app/stores'
import { Avatar, Kbd } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { Isolated } from '../ui/Isolated'
import { useOverlays } from './layout'
import { words } from './words'

const THEMES: readonly { value: MantineColorScheme; label: string; icon: TablerIcon }[] = [
  { value: 'light', label: words.personMenu.light, icon: IconSun },
  { value: 'dark', label: words.personMenu.dark, icon: IconMoon },
  { value: 'auto', label: words.personMenu.likeTheSystem, icon: IconDeviceDesktop },
]

export async function leave(): Promise<void> {
  await Promise.all(openStores().map((store) => store.leave()))
  const { redirect } = await api.signOut()
  tellSignedOut()
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
          <span className="sr">{words.personMenu.themeShortcutsSignOut}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label className="person-name">
          <Isolated text={name} />
        </Menu.Label>
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
          {words.personMenu.keyboardShortcuts}
        </Menu.Item>
        <Menu.Item leftSection={<Icon of={IconLogout} />} onClick={() => void leave()}>
          {words.personMenu.signOut}
        </Menu.Item>
        {instance && (
          <>
            <Menu.Divider />
            <Menu.Label>{words.personMenu.talkwright} {instance.version}</Menu.Label>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
