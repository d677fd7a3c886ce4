/** What the palette can run, by what the person may do here. */
import {
  IconBook2,
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
  IconSettings,
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
import { goToDrawer, toggleDock, useOverlays } from './layout'
import { leave } from './PersonMenu'
import { train } from './training'
import { itemAddress } from './useItemLink'
import { words as texts } from './words'

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
  const command = (words: string, icon: Icon, run: () => void, keys?: string) => commands.push({ group: texts.commands.commands, words, icon, run, ...(keys ? { keys } : {}) })
  const { pathname } = window.location
  // Where somebody is already is no place to go to.
  const goTo: GoTo = (words, icon, address, run, keys) => {
    if (pathname !== address) commands.push({ group: texts.commands.goTo, words, icon, run, ...(keys ? { keys } : {}) })
  }
  if (assistant !== null) inAssistant(assistant, navigate, command, goTo)
  goTo(texts.commands.allAssistants, IconRobot, '/', () => void navigate({ to: '/' }))
  if (permissions.includes('assistants:create')) {
    command(texts.commands.newAssistant, IconPlus, () => void navigate({ to: '/', search: { new: true } }))
    if (pathname !== '/import') command(texts.commands.importAProject, IconFileImport, () => void navigate({ to: '/import' }))
  }
  if (permissions.includes('users:manage')) goTo(texts.commands.users, IconUsers, '/users', () => void navigate({ to: '/users' }))
  goTo(texts.commands.documentation, IconBook2, '/docs', () => void navigate({ to: '/docs' }))
  command(texts.commands.lightTheme, IconSun, () => setTheme('light'))
  command(texts.commands.darkTheme, IconMoon, () => setTheme('dark'))
  command(texts.commands.keyboardShortcuts, IconKeyboard, () => useOverlays.setState({ shortcuts: true }), '?')
  command(texts.commands.signOut, IconLogout, () => void leave())
  return commands
}

type Add = (words: string, icon: Icon, run: () => void, keys?: string) => void
type GoTo = (words: string, icon: Icon, address: string, run: () => void, keys?: string) => void

function inAssistant(assistant: AssistantSummary, navigate: Surroundings['navigate'], command: Add, goTo: GoTo): void {
  const may = (permission: string) => assistant.permissions.includes(permission)
  const params = { assistant: assistant.name }
  const at = (section: string) => `/a/${assistant.name}/${section}`
  if (may('trainings:write')) command(texts.commands.trainThisAssistant, IconPlayerPlay, () => void train(assistant.id, (place) => void navigate(itemAddress(assistant.name, place))), `${modifier}Enter`)
  if (may('trainings:read')) command(texts.commands.openTheTrainingLog, IconTerminal2, () => goToDrawer('log'))
  if (may('content:read')) {
    command(texts.commands.showTheProblems, IconAlertTriangle, () => goToDrawer('problems'))
    command(texts.commands.showTheHistory, IconHistory, () => goToDrawer('history'))
  }
  if (may('chats:read')) command(texts.commands.openOrCloseTry, IconMessageCircle, toggleDock, `${modifier}J`)
  if (may('flows:write')) command(texts.commands.newFlow, IconPlus, () => useOverlays.setState({ create: 'flow' }))
  if (may('responses:write')) command(texts.commands.newResponse, IconPlus, () => useOverlays.setState({ create: 'response' }))
  if (may('slots:write')) command(texts.commands.newSlot, IconPlus, () => useOverlays.setState({ create: 'slot' }))
  if (may('nlu:write')) command(texts.commands.newIntent, IconPlus, () => useOverlays.setState({ create: 'intent' }))
  if (may('assistants:export')) command(texts.commands.downloadThisProject, IconDownload, () => window.location.assign(api.downloadAddress(assistant.id)))
  if (may('content:read')) {
    goTo(texts.commands.flows, IconSitemap, at('flows'), () => void navigate({ to: '/a/$assistant/flows', params }), texts.commands.gThenF)
    goTo(texts.commands.contentHint, IconFileText, at('content/response'), () => void navigate({ to: '/a/$assistant/content', params }), texts.commands.gThenC)
    goTo(texts.commands.nlu, IconTextRecognition, at('nlu'), () => void navigate({ to: '/a/$assistant/nlu', params }), texts.commands.gThenN)
    goTo(texts.commands.projectFiles, IconFolder, at('files'), () => void navigate({ to: '/a/$assistant/files', params }), texts.commands.gThenP)
  }
  if (may('settings:read')) goTo(texts.commands.settings, IconSettings, at('settings'), () => void navigate({ to: '/a/$assistant/settings', params }), texts.commands.gThenS)
  if (may('trainings:read')) goTo(texts.commands.versionsAndTrainings, IconStack2, at('versions'), () => void navigate({ to: '/a/$assistant/versions', params }), texts.commands.gThenV)
}
