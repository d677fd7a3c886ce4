/** The assistant whose pages are open. */
import { createContext, useContext } from 'react'
import type { AssistantSummary } from '../api'
import { useLayout } from './layout'

const AssistantContext = createContext<AssistantSummary | null>(null)
export const AssistantProvider = AssistantContext.Provider

export function useAssistant(): AssistantSummary {
  const assistant = useContext(AssistantContext)
  if (assistant === null) throw new Error('There is no assistant here')
  return assistant
}

/** Whether the person may do something with this assistant, e.g. `flows:write`. */
export function useMay(permission: string): boolean {
  return useAssistant().permissions.includes(permission)
}

const WRITES: Readonly<Record<string, string>> = {
  flow: 'flows:write',
  response: 'responses:write',
  slot: 'slots:write',
  action: 'flows:write',
  intent: 'nlu:write',
  entity: 'nlu:write',
  synonym: 'nlu:write',
  regex: 'nlu:write',
  lookup: 'nlu:write',
  config: 'settings:write',
  endpoints: 'settings:write',
  credentials: 'settings:write',
  domain: 'settings:write',
}

/** The permission that editing a kind of item takes. */
export function writes(kind: string): string {
  return WRITES[kind] ?? 'files:write'
}

export function useMayWrite(kind: string): boolean {
  return useMay(writes(kind))
}

/** All languages of the assistant, its own first. */
export function languagesOf(assistant: AssistantSummary): string[] {
  return [...new Set([assistant.language, ...assistant.additional_languages])].filter(Boolean)
}

/** The language in which content is shown and edited. */
export function useContentLanguage(): string {
  const assistant = useAssistant()
  const chosen = useLayout((state) => state.languages[assistant.id])
  return chosen !== undefined && languagesOf(assistant).includes(chosen) ? chosen : assistant.language
}

export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(code) ?? code
  } catch {
    return code
  }
}
