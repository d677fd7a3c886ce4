/** Views on a list of content: each shows the items that something is true of. */
import { create } from 'zustand'
import type { AssistantSummary, ItemSummary } from '../api'
import { words } from './words'

export type View = 'untranslated' | 'problems' | 'unused' | 'lately'

const LATELY = 7 * 24 * 3600 * 1000

interface Definition {
  label: string
  fits: (kind: string, assistant: AssistantSummary) => boolean
  shows: (item: ItemSummary, assistant: AssistantSummary) => boolean
}

/** Languages of the assistant in which a response says nothing. */
export function missingLanguages(item: ItemSummary, assistant: AssistantSummary): string[] {
  const languages = item.extra['languages']
  if (!Array.isArray(languages)) return []
  return assistant.additional_languages.filter((language) => language !== assistant.language && !languages.includes(language))
}

export const VIEWS: Readonly<Record<View, Definition>> = {
  untranslated: {
    label: words.viewNames.untranslated,
    fits: (kind, assistant) => kind === 'response' && assistant.additional_languages.length > 0,
    shows: (item, assistant) => !item.builtin && missingLanguages(item, assistant).length > 0,
  },
  problems: {
    label: words.viewNames.problems,
    fits: () => true,
    shows: (item) => item.problems.error + item.problems.warning > 0,
  },
  unused: {
    label: words.viewNames.unused,
    fits: (kind) => kind !== 'prompt',
    shows: (item) => !item.builtin && item.used === 0,
  },
  lately: {
    label: words.viewNames.lately,
    fits: () => true,
    shows: (item) => !item.as_it_came && item.changed !== null && Date.now() - Date.parse(item.changed.at) < LATELY,
  },
}

const useChosen = create<{ view: View | undefined }>(() => ({ view: undefined }))

export function useView(): { view: View | undefined; setView: (view: View | undefined) => void } {
  const view = useChosen((state) => state.view)
  return { view, setView: (next) => useChosen.setState({ view: next }) }
}
