/** One document store per assistant, for as long as the page lives. */
import { IconAlertCircle } from '@tabler/icons-react'
import { DocumentStore } from '../documents'
import { toast } from '../ui/toasts'
import { contentChanged, queryClient, sessionQuery } from './queries'

const stores = new Map<string, DocumentStore>()

export function storeOf(assistant: string): DocumentStore {
  const known = stores.get(assistant)
  if (known !== undefined) return known
  const store = new DocumentStore(assistant, {
    onSaved: () => contentChanged(assistant),
    onRefused: (_change, title, detail) => toast(IconAlertCircle, `${title}. ${detail}`),
  })
  store.state.subscribe(({ connection }, before) => {
    if (connection === 'signed-out' && before.connection !== 'signed-out') void queryClient.invalidateQueries(sessionQuery)
  })
  stores.set(assistant, store)
  return store
}

export function openStores(): readonly DocumentStore[] {
  return [...stores.values()]
}

// Whoever closes the page with changes on the way is asked first.
window.addEventListener('beforeunload', (event) => {
  for (const store of stores.values()) {
    store.settle()
    if (store.unsaved) event.preventDefault()
  }
})
window.addEventListener('online', () => {
  for (const store of stores.values()) store.tryNow()
})
