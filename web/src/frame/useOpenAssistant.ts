import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { AssistantSummary } from '../api'
import { assistantQuery } from '../app/queries'

/** The assistant in the page's address, for what stands outside its frame; null on the pages without one. */
export function useOpenAssistant(): AssistantSummary | null {
  const { assistant: name } = useParams({ strict: false })
  const { data } = useQuery(assistantQuery(name ?? ''))
  return data ?? null
}
