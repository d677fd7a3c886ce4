/** Items by kind and name: in the list that the server gave, or only just made here. */
import { useQuery } from '@tanstack/react-query'
import { useDocumentsState } from '../documents'
import { useAssistant } from '../frame/assistant'
import { itemsQuery } from './queries'

export interface Found {
  id: string | undefined
  /** Neither the server's list nor this page knows the name. */
  missing: boolean
  error: unknown
  again: () => void
}

export function useItemId(kind: string, name: string): Found {
  const { id: assistant } = useAssistant()
  const { data, error, refetch, isFetching } = useQuery(itemsQuery(assistant, kind))
  const here = useDocumentsState(({ documents }) => Object.values(documents).find((document) => document.kind === kind && document.name === name && !document.deleted)?.id)
  const id = here ?? data?.find((item) => item.name === name)?.id
  return { id, missing: id === undefined && data !== undefined && !isFetching, error: data ? null : error, again: () => void refetch() }
}
