/** What the palette can run, by what the person may do here. */
import {
  IconDownload,
  IconFileImport,
  IconFileText,
  IconFolder,
  IconHistory,
  IconKeyboard,
  IconLogout,
  IconMessageCircle,
  IconMoon,
  IconPlayerPlay,
  IconPlus,
  IconRobot,
  IconSitemap,
  IconStack2,
  IconSun,
  IconTerminal2,
  IconTextRecognition,
  IconUsers,
  IconAlertTriangle,
  type Icon,
} from '@tabler/icons-react'
import type { MantineColorScheme } from '@mantine/core'
import type { useNavigate } from '@tanstack/react-router'
import { api, type AssistantSummary } from '../api'
import { modifier } from './keys'
import { openDrawer, toggleDock, useOverlays } from './layout'
import { leave } from './PersonMenu'
import { train } from './training'

export interface PaletteCommand {
  group: 'Commands' | 'Go to'
  words: string
  icon: Icon
  keys?: string
  run: () => void
}

interface Surroundings {
  assistant: AssistantSummary | null
  permissions: readonly string[]
  navigate: ReturnType<typeof useNavigate>
  setTheme: (scheme: MantineColorScheme) => void
}

export function paletteCommands({ assistant, permissions, navigate, setTheme }: Surroundings): PaletteCommand[] {
  const commands: PaletteCommand[] = []
  const command = (words: string, icon: Icon, run: () => void, keys?: string) => commands.push({ group: 'Commands', words, icon, run, ...(keys ? { keys } : {}) })
  const goTo = (words: string, icon: Icon, run: () => void, keys?: string) => commands.push({ group: 'Go to', words, icon, run, ...(keys ? { keys } : {}) })
  if (assistant !== null) inAssistant(assistant, navigate, command, goTo)
  goTo('All assistants', IconRobot, () => void navigate({ to: '/' }))
  if (permissions.includes('assistants:create')) {
    command('New assistant', IconPlus, () => void navigate({ to: '/', search: { new: true } }))
    command('Import a project', IconFileImport, () => void navigate({ to: '/import' }))
  }
  if (permissions.includes('users:manage')) goTo('Users', IconUsers, () => void navigate({ to: '/users' }))
  command('Light theme', IconSun, () => setTheme('light'))
  command('Dark theme', IconMoon, () => setTheme('dark'))
  command('Keyboard shortcuts', IconKeyboard, () => useOverlays.setState({ shortcuts: true }), '?')
  command('Sign out', IconLogout, () => void leave())
  return commands
}

type Add = (words: string, icon: Icon, run: () => void, keys?: string) => void

function inAssistant(assistant: AssistantSummary, navigate: Surroundings['navigate'], command: Add, goTo: Add): void {
  const may = (permission: string) => assistant.permissions.includes(permission)
  const params = { assistant: assistant.name }
  if (may('trainings:write')) command('Train this assistant', IconPlayerPlay, () => void train(assistant.id), `${modifier}Enter`)
  if (may('trainings:read')) command('Open the training log', IconTerminal2, () => openDrawer('log'))
  if (may('content:read')) {
    command('Show the problems', IconAlertTriangle, () => openDrawer('problems'))
    command('Show the history', IconHistory, () => openDrawer('history'))
  }
  if (may('chats:read')) command('Open or close Try', IconMessageCircle, toggleDock, `${modifier}J`)
  if (may('flows:write')) command('New flow', IconPlus, () => useOverlays.setState({ create: 'flow' }))
  if (may('responses:write')) command('New response', IconPlus, () => useOverlays.setState({ create: 'response' }))
  if (may('slots:write')) command('New slot', IconPlus, () => useOverlays.setState({ create: 'slot' }))
  if (may('nlu:write')) command('New intent', IconPlus, () => useOverlays.setState({ create: 'intent' }))
  if (may('assistants:export')) command('Download this project', IconDownload, () => window.location.assign(api.downloadAddress(assistant.id)))
  if (may('content:read')) {
    goTo('Flows', IconSitemap, () => void navigate({ to: '/a/$assistant/flows', params }), 'G then F')
    goTo('Responses, slots, actions and prompts', IconFileText, () => void navigate({ to: '/a/$assistant/content', params }), 'G then C')
    goTo('NLU', IconTextRecognition, () => void navigate({ to: '/a/$assistant/nlu', params }), 'G then N')
    goTo('Project files', IconFolder, () => void navigate({ to: '/a/$assistant/files', params }), 'G then P')
  }
  if (may('trainings:read')) goTo('Versions and trainings', IconStack2, () => void navigate({ to: '/a/$assistant/versions', params }), 'G then V')
}
