/** The keys of an assistant's pages. */
import { useHotkeys } from '@mantine/hooks'
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useAssistant, useMay } from './assistant'
import { toggleDock } from './layout'
import { train } from './training'
import { useItemLink } from './useItemLink'
import { useUndoKeys } from './useUndoKeys'

const SECTIONS = {
  f: '/a/$assistant/flows',
  c: '/a/$assistant/content',
  n: '/a/$assistant/nlu',
  v: '/a/$assistant/versions',
  p: '/a/$assistant/files',
  s: '/a/$assistant/settings',
} as const

const SEQUENCE = 1500

export function AssistantKeys() {
  const { id, name } = useAssistant()
  const navigate = useNavigate()
  const go = useItemLink()
  const mayTrain = useMay('trainings:write')
  const mayTry = useMay('chats:read')
  useUndoKeys()
  useHotkeys(
    [
      ['mod+J', () => mayTry && toggleDock()],
      ['mod+Enter', () => mayTrain && void train(id, go)],
    ],
    [],
    true,
  )
  useEffect(() => {
    let armed = 0
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement
      if (event.metaKey || event.ctrlKey || event.altKey || target.closest('input, textarea, select, [contenteditable], [role="dialog"]')) return
      const key = event.key.toLowerCase()
      if (key === 'g') {
        armed = Date.now()
        return
      }
      if (Date.now() - armed < SEQUENCE && key in SECTIONS) {
        event.preventDefault()
        void navigate({ to: SECTIONS[key as keyof typeof SECTIONS], params: { assistant: name } })
      }
      armed = 0
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [navigate, name])
  return null
}
