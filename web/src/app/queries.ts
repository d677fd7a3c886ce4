/** The lists that the server holds. Bodies of items live in the document store, never here. */
import { QueryClient, queryOptions, infiniteQueryOptions } from '@tanstack/react-query'
import { api, ApiError } from '../api'
import type { ItemSummary } from '../api'
import { readSession } from './person'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (count, error) => (error instanceof ApiError ? error.temporary && error.status !== 401 && count < 3 : false),
      refetchOnWindowFocus: false,
    },
  },
})

export const sessionQuery = queryOptions({ queryKey: ['session'], queryFn: readSession, staleTime: Infinity, retry: false })
export const instanceQuery = queryOptions({ queryKey: ['instance'], queryFn: api.getInstance, staleTime: Infinity })
export const assistantsQuery = queryOptions({ queryKey: ['assistants'], queryFn: ({ signal }) => api.listAssistants(signal) })
export const examplesQuery = queryOptions({ queryKey: ['examples'], queryFn: api.listExamples, staleTime: Infinity })

/** All items of a kind (every kind without one): pages are fetched until there is no next one. */
export const itemsQuery = (assistant: string, kind: string) =>
  queryOptions({
    queryKey: ['items', assistant, kind],
    queryFn: async ({ signal }) => {
      const all: ItemSummary[] = []
      let cursor: string | undefined
      do {
        const page = await api.listItems(assistant, { kind, limit: 200, ...(cursor ? { cursor } : {}) }, signal)
        all.push(...page.items)
        cursor = page.next ?? undefined
      } while (cursor !== undefined)
      return all
    },
  })

export const problemsQuery = (assistant: string) =>
  queryOptions({ queryKey: ['problems', assistant], queryFn: () => api.listProblems(assistant) })
export const versionsQuery = (assistant: string) =>
  queryOptions({ queryKey: ['versions', assistant], queryFn: () => api.listVersions(assistant) })
export const trainingsQuery = (assistant: string) =>
  queryOptions({ queryKey: ['trainings', assistant], queryFn: () => api.listTrainings(assistant) })
export const usedQuery = (assistant: string, item: string) =>
  queryOptions({ queryKey: ['used', assistant, item], queryFn: () => api.itemUsed(assistant, item) })
export const changesQuery = (assistant: string) =>
  infiniteQueryOptions({
    queryKey: ['changes', assistant],
    queryFn: ({ pageParam }) => api.listChanges(assistant, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })

/** What follows from a change of content: lists, counts, problems and history. */
export function contentChanged(assistant: string): void {
  for (const key of ['items', 'problems', 'changes', 'used']) void queryClient.invalidateQueries({ queryKey: [key, assistant] })
  void queryClient.invalidateQueries({ queryKey: ['assistants'] })
}
