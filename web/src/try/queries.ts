import { queryOptions } from '@tanstack/react-query'
import type { Deployment } from '../api'
import { chatSuggestions } from '../api/chats'

/** How a chat may begin; it changes with the model that runs. */
export const suggestionsQuery = (assistant: string, language: string, deployment: Deployment | null) =>
  queryOptions({
    queryKey: ['suggestions', assistant, language, deployment?.id, deployment?.state],
    queryFn: () => chatSuggestions(assistant, language),
    staleTime: Infinity,
    enabled: deployment !== null,
  })
