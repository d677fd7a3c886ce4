/** Documents in React: which store, which item, and what the save state is. */
import { useQuery } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import { useStore } from 'zustand'
import type { Document } from './document'
import { draftKey, unreadTexts, type Draft } from './drafts'
import type { Conflict, Connection, State } from './state'
import { moving } from './state'
import type { DocumentStore } from './store'

const StoreContext = createContext<DocumentStore | null>(null)
export const DocumentsProvider = StoreContext.Provider

export function useDocuments(): DocumentStore {
  const store = useContext(StoreContext)
  if (store === null) throw new Error('There is no assistant here')
  return store
}

export function useDocumentsState<T>(select: (state: State) => T): T {
  return useStore(useDocuments().state, select)
}

export interface Opened {
  document: Document | undefined
  error: unknown
  again: () => void
}

/** An item by its id, loaded when it isn't here yet. The query only knows whether it is: the body lives in the store. */
export function useDocument(id: string | undefined): Opened {
  const store = useDocuments()
  const document = useDocumentsState((state) => (id === undefined ? undefined : state.documents[id]))
  const incomplete = document === undefined || document.parts === null
  const { error, refetch } = useQuery({
    queryKey: ['open', store.assistant, id],
    queryFn: async () => (await store.open(id ?? '')).revision,
    enabled: id !== undefined && (incomplete || store.others.isOutdated(id)),
    staleTime: 0,
  })
  return { document, error: incomplete ? error : null, again: () => void refetch() }
}

/** A response, slot or any other item that is loaded already, by its name. */
export function useDocumentNamed(kind: string, name: string | undefined): Document | undefined {
  return useDocumentsState((state) =>
    name === undefined ? undefined : Object.values(state.documents).find((document) => document.kind === kind && document.name === name && !document.deleted),
  )
}

export function useConflict(id: string | undefined): Conflict | undefined {
  return useDocumentsState((state) => (id === undefined ? undefined : state.conflicts[id]))
}

export function useDraft(id: string, part: number): Draft | undefined {
  return useDocumentsState((state) => state.drafts[draftKey(id, part)])
}

export type SaveState = { kind: 'saved'; at: number | null } | { kind: 'saving' } | { kind: 'unread' } | { kind: 'kept'; count: number; connection: Connection; lasting: boolean } | { kind: 'two' }

/** What the head of an item's page says about saving: two versions of another item are that one's matter. The parts are primitives so that typing re-renders only who shows them. */
export function useSaveState(item?: string): SaveState {
  const at = useDocumentsState((state) => state.savedAt)
  const count = useDocumentsState((state) => moving(state).length)
  const connection = useDocumentsState((state) => state.connection)
  const unread = useDocumentsState((state) => unreadTexts(state).length > 0)
  const lasting = useDocumentsState((state) => state.lasting)
  const two = useConflict(item) !== undefined
  if (two) return { kind: 'two' }
  if (count > 0 && connection !== 'online') return { kind: 'kept', count, connection, lasting }
  if (count === 0 && unread) return { kind: 'unread' }
  return count > 0 ? { kind: 'saving' } : { kind: 'saved', at }
}

/** Whether there is something to undo and to redo. */
export function useHistoryState(): { undo: boolean; redo: boolean } {
  const undo = useDocumentsState((state) => state.undo.length > 0)
  const redo = useDocumentsState((state) => state.redo.length > 0)
  return { undo, redo }
}
