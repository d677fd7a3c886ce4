/** Items by kind and name: in the list that the server gave, or only just made here. The address follows one that is renamed. */
import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useShallow } from 'zustand/react/shallow'
import { useDocumentsState } from '../documents'
import { useAssistant } from '../frame/assistant'
import { itemAddress } from '../frame/useItemLink'
import { itemCalled } from './itemCalled'
import { itemsQuery } from './queries'

export interface Found {
  id: string | undefined
  /** Neither the server's list nor this page knows the name. */
  missing: boolean
  /** What the name meant when it was last found, where that was since the page was loaded. */
  meant: string | undefined
  error: unknown
  again: () => void
}

/** The id that each name had when it was last found: whoever renamed an item, its page stays with it. */
const ids = new Map<string, string>()

export function useItemId(kind: string, name: string): Found {
  const { id: assistant } = useAssistant()
  const { data, error, refetch, isFetching } = useQuery(itemsQuery(assistant, kind))
  const key = `${assistant} ${kind} ${name}`
  const meant = ids.get(key)
  const item = useDocumentsState(useShallow((state) => itemCalled(kind, name, meant, state, data)))
  const id = item?.id
  useEffect(() => {
    if (id !== undefined) ids.set(key, id)
  }, [key, id])
  useFollowing(kind, name, item?.name)
  return { id, missing: id === undefined && data !== undefined && !isFetching, meant, error: data ? null : error, again: () => void refetch() }
}

/** Puts the name that the open item has now in the place of the one in the address; the rest of the address stays. */
function useFollowing(kind: string, name: string, now: string | undefined): void {
  const router = useRouter()
  const { name: assistant } = useAssistant()
  useEffect(() => {
    if (now === undefined || now === name) return
    const { pathname } = router.latestLocation
    // Whoever is leaving is not brought back.
    if (pathname !== router.buildLocation(itemAddress(assistant, { kind, name })).pathname) return
    const { to, params } = itemAddress(assistant, { kind, name: now })
    void router.navigate({ to, params, search: true, replace: true, state: { follows: pathname } })
  }, [router, assistant, kind, name, now])
}
