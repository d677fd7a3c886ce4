/** Keeps what the page shows true: facts of the stream make lists and documents be read again. */
import { useEffect } from 'react'
import { api } from '../api'
import { contentChanged, queryClient } from '../app/queries'
import { storeOf } from '../app/stores'
import { tellPage } from './bus'
import { listen, type Fact, type StreamEvent } from './stream'

export function useLive(assistant: string | null): void {
  useEffect(
    () =>
      listen(assistant, (event) => {
        follow(event, assistant)
        tellPage(event)
      }),
    [assistant],
  )
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
  void queryClient.invalidateQueries({ queryKey: ['assistants'] })
  if (assistant === null) return
  switch (event.kind) {
    case 'change':
      if (event.change_id && storeOf(assistant).isOurs(event.change_id)) return
      contentChanged(assistant)
      void refreshChanged(assistant)
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
