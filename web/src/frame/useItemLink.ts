/** Where an item is edited. */
import { useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'
import { useAssistant } from './assistant'

export interface Place {
  kind: string
  name: string
  step?: string | null
  /** Opens the text at this line. */
  line?: number | null
}

export const CONTENT_KINDS = ['response', 'slot', 'action', 'prompt'] as const
export const NLU_KINDS = ['intent', 'entity', 'synonym', 'regex', 'lookup'] as const
export const FILE_KINDS = ['config', 'endpoints', 'credentials', 'domain', 'test', 'file'] as const

export type Section = 'flows' | 'content' | 'nlu' | 'files'

export function sectionOf(kind: string): Section {
  if (kind === 'flow') return 'flows'
  if ((CONTENT_KINDS as readonly string[]).includes(kind)) return 'content'
  return (NLU_KINDS as readonly string[]).includes(kind) ? 'nlu' : 'files'
}

/** The address of an item's page, for links and navigation alike. */
export function itemAddress(assistant: string, { kind, name, step, line }: Place) {
  const search = line ? { view: 'yaml' as const, line } : {}
  switch (sectionOf(kind)) {
    case 'flows':
      return { to: '/a/$assistant/flows/$flow', params: { assistant, flow: name }, search: step ? { step } : search } as const
    case 'content':
      return { to: '/a/$assistant/content/$kind/$name', params: { assistant, kind, name }, search } as const
    case 'nlu':
      return { to: '/a/$assistant/nlu/$kind/$name', params: { assistant, kind, name }, search } as const
    case 'files':
      return { to: '/a/$assistant/files/$kind/$name', params: { assistant, kind, name }, search } as const
  }
}

export function useItemLink(): (place: Place) => void {
  const navigate = useNavigate()
  const { name } = useAssistant()
  return useCallback((place) => void navigate(itemAddress(name, place)), [navigate, name])
}
