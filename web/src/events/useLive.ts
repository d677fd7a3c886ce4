/** Keeps what the page shows true: facts of the stream make lists and documents be read again. */
import { useEffect } from 'react'
import { api } from '../api'
import { contentChanged, queryClient } from '../app/queries'
import { storeOf } from '../app/stores'
import { tellPage } from './bus'
import { listen, type Fact, type StreamEvent } from './stream'

/** Listens to the studio (null) or to an assistant as well; undefined as long as it isn't known which. */
export function useLive(assistant: string | null | undefined): void {
  useEffect(() => {
    if (assistant === undefined) return undefined
    return listen(assistant, (event) => {
      follow(event, assistant)
      tellPage(event)
    })
  }, [assistant])
}

function follow(event: StreamEvent, assistant: string | null): void {
  if (event.type === 'reset') {
    void queryClient.invalidateQueries()
    if (assistant !== null) void refreshChanged(assistant)
  } else if (event.type === 'fact') {
    fact(event, assistant)
  }
}

function fact(event: Fact, assistant: string | null): void {
  const ours = event.kind === 'change' && assistant !== null && event.change_id && storeOf(assistant).isOurs(event.change_id)
  if (ours) return
  void queryClient.invalidateQueries({ queryKey: ['assistants'] })
  if (event.kind === 'grant') for (const key of ['session', 'users']) void queryClient.invalidateQueries({ queryKey: [key] })
  if (assistant === null) return
  switch (event.kind) {
    case 'change':
      contentChanged(assistant)
      if (event.all === true || !Array.isArray(event.items)) void refreshChanged(assistant)
      else void storeOf(assistant).changedElsewhere((event.items as { id: string }[]).map((item) => item.id))
      break
    case 'training':
    case 'deployment':
      for (const key of ['trainings', 'deployments', 'versions']) void queryClient.invalidateQueries({ queryKey: [key, assistant] })
      break
    case 'chat':
      void queryClient.invalidateQueries({ queryKey: ['chats', assistant] })
      break
  }
}

/** The items of the latest changes that are open here are read again. */
async function refreshChanged(assistant: string): Promise<void> {
  const { items } = await api.listChanges(assistant, undefined, 20)
  const store = storeOf(assistant)
  await store.changedElsewhere([...new Set(items.filter((change) => !store.isOurs(change.id)).flatMap((change) => change.items.map((item) => item.id)))])
}
