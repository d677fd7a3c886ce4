/** Keeps what the page shows true: facts of the stream make lists and documents be read again. */
import { useEffect } from 'react'
import { assistantChanged, contentChanged, isShown, queryClient, sessionQuery } from '../app/queries'
import { rightsChanged, storeOf } from '../app/stores'
import type { Changed } from '../documents'
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
  switch (event.type) {
    case 'reset':
      void queryClient.invalidateQueries()
      if (assistant !== null) void storeOf(assistant).others.changedAll((id) => isShown(assistant, id))
      break
    case 'refused':
      // The server may be away, or the sign-in has ended: the session tells.
      void queryClient.invalidateQueries(sessionQuery)
      break
    case 'fact':
      fact(event, assistant)
      break
  }
}

const WORK = ['trainings', 'deployments', 'versions', 'states']

function again(...keys: string[]): void {
  for (const key of keys) void queryClient.invalidateQueries({ queryKey: [key] })
}

function fact(event: Fact, assistant: string | null): void {
  if (event.kind === 'grant') {
    again('session', 'users', 'assistants', 'assistant')
    rightsChanged()
  }
  if (event.kind === 'assistant') again('assistants', 'assistant')
  if (assistant === null) return
  if (event.kind === 'change') changed(event, assistant)
  else if (event.kind === 'training' || event.kind === 'deployment') {
    for (const key of WORK) void queryClient.invalidateQueries({ queryKey: [key, assistant] })
    assistantChanged(assistant)
  } else if (event.kind === 'version') void queryClient.invalidateQueries({ queryKey: ['versions', assistant] })
  else if (event.kind === 'secret') void queryClient.invalidateQueries({ queryKey: ['secrets', assistant] })
  else if (event.kind === 'chat') void queryClient.invalidateQueries({ queryKey: ['chats', assistant] })
}

function changed(event: Fact, assistant: string): void {
  const store = storeOf(assistant)
  if (event.change_id && store.isOurs(event.change_id)) return
  contentChanged(assistant)
  const shown = (id: string) => isShown(assistant, id)
  if (event.all === true || !Array.isArray(event.items)) void store.others.changedAll(shown)
  else void store.others.changed(event.items as Changed[], shown)
}
