/** A page that the person's roles show; for others a sentence instead of what the server refuses. */
import { IconEyeOff } from '@tabler/icons-react'
import { useMatches } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useAssistant } from './assistant'
import { NotYours } from './NotYours'
import { words } from './words'

/** What the sections of an assistant take. */
const NEEDED: Readonly<Record<string, string>> = { versions: 'trainings:read', settings: 'settings:read' }

export function Allowed({ children }: { children: ReactNode }) {
  const { permissions } = useAssistant()
  // Of the page that is shown: the address is the next one's already while its page is on the way.
  const section = useMatches({ select: (matches) => matches.at(-1)?.pathname.split('/')[3] ?? '' })
  if (permissions.includes(NEEDED[section] ?? 'content:read')) return children
  return <NotYours icon={IconEyeOff} title={words.allowed.notYours} why={words.allowed.notYoursWhy} />
}
