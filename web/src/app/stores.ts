/** One document store per assistant, for the person who is signed in and as long as the page lives. */
import { IconAlertCircle } from '@tabler/icons-react'
import { hashKey } from '@tanstack/react-query'
import { onBack, sentence, type Problem } from '../api'
import { DocumentStore, ownName, storedQueue, tabsOf } from '../documents'
import { toast } from '../ui/toasts'
import { onSignIn } from './person'
import { contentChanged, problemsQuery, queryClient, sessionQuery } from './queries'

const stores = new Map<string, DocumentStore>()

/** The store of an assistant's documents; needs a sign-in. */
export function storeOf(assistant: string): DocumentStore {
  const known = stores.get(assistant)
  if (known !== undefined) return known
  const session = queryClient.getQueryData(sessionQuery.queryKey)
  if (session === undefined) throw new Error('Nobody is signed in')
  const problems = hashKey(problemsQuery(assistant).queryKey)
  const owner = { instance: session.instance, person: session.person.id, assistant }
  const store = new DocumentStore(assistant, {
    queue: storedQueue(owner),
    join: tabsOf(`${ownName(owner)} ${assistant}`),
    signedIn: () => signedInStill(owner.person),
    onSaved: () => contentChanged(assistant),
    onRefused: (_change, title, detail) => toast(IconAlertCircle, sentence(title, detail)),
  })
  // Problems of an item follow from others as well: the list is read after each change, whoever made it.
  queryClient.getQueryCache().subscribe(({ type, query }) => {
    if (type === 'updated' && query.queryHash === problems && query.state.data) store.found((query.state.data as { items: Problem[] }).items)
  })
  store.state.subscribe(({ connection }, before) => {
    if (connection === 'signed-out' && before.connection !== 'signed-out') void queryClient.invalidateQueries(sessionQuery)
  })
  stores.set(assistant, store)
  return store
}

/** Asks the server who is signed in, and so takes the token of that sign-in. */
async function signedInStill(person: string): Promise<boolean> {
  try {
    const session = await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 })
    return session.person.id === person
  } catch {
    return false
  }
}

/** What the person may do changed: what waits for a right is tried again. */
export function rightsChanged(): void {
  for (const store of stores.values()) if (store.state.getState().connection === 'barred') store.tryNow()
}

export function openStores(): readonly DocumentStore[] {
  return [...stores.values()]
}

// What is typed is handed to the queue; where the browser doesn't keep it, whoever closes the page is asked first.
window.addEventListener('beforeunload', (event) => {
  for (const store of stores.values()) {
    store.settle()
    if (store.fleeting) event.preventDefault()
  }
})
window.addEventListener('pagehide', () => {
  for (const store of stores.values()) store.settle()
})
onSignIn(
  () => {
    void queryClient.invalidateQueries()
    for (const store of stores.values()) if (store.state.getState().connection === 'signed-out') store.tryNow()
  },
  () => {
    for (const store of stores.values()) store.settle()
    void queryClient.invalidateQueries(sessionQuery)
  },
)
onBack(() => {
  for (const store of stores.values()) store.tryNow()
})
