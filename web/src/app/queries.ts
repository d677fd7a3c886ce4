/** The lists that the server holds. Bodies of items live in the document store, never here. */
import { QueryCache, queryOptions, infiniteQueryOptions, type QueryClient } from '@tanstack/react-query'
import { api, ApiError, onBack, useReach } from '../api'
import type { ItemSummary } from '../api'
import { FaithfulClient } from './FaithfulClient'
import { readSession } from './person'

/** Whether asking again by itself helps: not for a sign-in that ended, nor where the studio failed at just this. */
const passes = (error: ApiError) => error.temporary && error.status !== 401 && error.status !== 500

export const queryClient: QueryClient = new FaithfulClient({
  // Whatever is refused for want of a sign-in: the session says so for the whole page.
  queryCache: new QueryCache({
    onError: (error, query) => {
      if (error instanceof ApiError && error.status === 401 && query.queryKey[0] !== 'session') void queryClient.invalidateQueries(sessionQuery)
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (count, error) => error instanceof ApiError && passes(error) && count < 2 && useReach.getState().reached,
      retryDelay: (count) => 500 * 2 ** count,
      refetchOnWindowFocus: false,
      // Whether the machine has a network says nothing about a studio that runs on it.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

// What could not be read meanwhile comes by itself.
onBack(() => void queryClient.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' }))

export const sessionQuery = queryOptions({ queryKey: ['session'], queryFn: readSession, staleTime: Infinity, retry: false })
export const instanceQuery = queryOptions({ queryKey: ['instance'], queryFn: api.getInstance, staleTime: Infinity })

/** All assistants that the person may see. */
export const assistantsQuery = queryOptions({
  queryKey: ['assistants'],
  queryFn: async ({ signal }) => ({ items: await allPages((cursor) => api.listAssistants(signal, cursor)) }),
})

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** One assistant by its name or id; null where there is none, or none that the person may see. */
export const assistantQuery = (name: string) =>
  queryOptions({
    queryKey: ['assistant', name],
    queryFn: async ({ signal }) => (await api.assistantNamed(name, signal)) ?? (UUID.test(name) ? await orNull(api.getAssistant(name, signal)) : null),
    enabled: name !== '',
  })

async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}

/** The entries of all pages: one is fetched after the other until there is no next. */
async function allPages<T>(read: (cursor: string | undefined) => Promise<{ items: T[]; next: string | null }>): Promise<T[]> {
  const all: T[] = []
  let cursor: string | undefined
  do {
    const page = await read(cursor)
    all.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return all
}

export const examplesQuery = queryOptions({ queryKey: ['examples'], queryFn: api.listExamples, staleTime: Infinity })

/** All items of a kind (every kind without one): pages are fetched until there is no next one. */
export const itemsQuery = (assistant: string, kind: string) =>
  queryOptions({
    queryKey: ['items', assistant, kind],
    queryFn: ({ signal }): Promise<ItemSummary[]> => allPages((cursor) => api.listItems(assistant, { kind, limit: 200, ...(cursor ? { cursor } : {}) }, signal)),
  })

export const problemsQuery = (assistant: string) =>
  queryOptions({ queryKey: ['problems', assistant], queryFn: () => api.listProblems(assistant) })
export const versionsQuery = (assistant: string) =>
  queryOptions({ queryKey: ['versions', assistant], queryFn: async () => ({ items: await allPages((cursor) => api.listVersions(assistant, cursor)) }) })
export const trainingsQuery = (assistant: string) =>
  queryOptions({ queryKey: ['trainings', assistant], queryFn: () => api.listTrainings(assistant) })
export const deploymentsQuery = (assistant: string) =>
  queryOptions({ queryKey: ['deployments', assistant], queryFn: () => api.listDeployments(assistant) })
/** The times that one version ran, or was to run. */
export const runsQuery = (assistant: string, version: string) =>
  infiniteQueryOptions({
    queryKey: ['deployments', assistant, 'of', version],
    queryFn: ({ pageParam }) => api.versionDeployments(assistant, version, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })
export const usedQuery = (assistant: string, item: string) =>
  queryOptions({ queryKey: ['used', assistant, item], queryFn: async () => ({ items: await allPages((cursor) => api.itemUsed(assistant, item, cursor)) }) })
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
  assistantChanged(assistant)
}

/** An assistant's figures differ: those of its own pages, and those in the list. */
export function assistantChanged(assistant: string): void {
  void queryClient.invalidateQueries({ predicate: ({ queryKey, state }) => queryKey[0] === 'assistant' && (state.data as { id?: string } | null)?.id === assistant })
  void queryClient.invalidateQueries({ queryKey: ['assistants'] })
}

/** Whether something on the page shows an item. */
export function isShown(assistant: string, item: string): boolean {
  return (queryClient.getQueryCache().find({ queryKey: ['open', assistant, item] })?.getObserversCount() ?? 0) > 0
}
