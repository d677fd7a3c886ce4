import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { AssistantSummary } from '../api'
import { assistantsQuery } from '../app/queries'

/** The assistant in the page's address, for what stands outside its frame; null on the pages without one. */
export function useOpenAssistant(): AssistantSummary | null {
  const { assistant: name } = useParams({ strict: false })
  const { data } = useQuery(assistantsQuery)
  return data?.items.find((candidate) => candidate.name === name || candidate.id === name) ?? null
}
