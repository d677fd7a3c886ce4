import { queryOptions } from '@tanstack/react-query'
import { chatSuggestions } from '../api/chats'

/** Sentences to begin with; they change with the model that runs. */
export const suggestionsQuery = (assistant: string, language: string, deployment: string | null) =>
  queryOptions({ queryKey: ['suggestions', assistant, language, deployment], queryFn: () => chatSuggestions(assistant, language), staleTime: Infinity, enabled: deployment !== null })
