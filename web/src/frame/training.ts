/** How a training is started and stopped. */
import { IconAlertCircle, IconCircleCheck } from '@tabler/icons-react'
import { api, ApiError } from '../api'
import { untilAnswered } from '../api/untilAnswered'
import { queryClient } from '../app/queries'
import { storeOf } from '../app/stores'
import { unreadTexts, uuid7, type Connection, type Document, type DocumentStore } from '../documents'
import { toast } from '../ui/toasts'
import { lookAgain } from './deciding'
import { runs } from './latestTraining'
import { openDrawer } from './layout'
import { forgetTraining } from './onceMended'
import type { Place } from './useItemLink'
import { words } from './words'

/** So many milliseconds the server has for what was typed last. */
const PATIENCE = 10_000

type Unsaved = { item: Pick<Document, 'id' | 'kind' | 'name'> } | { connection: Connection } | { text: Place }

/** Waits until everything typed has reached the server (null); what keeps it here, as soon as that is known. */
async function saved(store: DocumentStore): Promise<Unsaved | null> {
  return (await answered(store)) ?? unread(store)
}

/** Waits until the server has answered every change (null), be it that it could not read one. */
function answered(store: DocumentStore): Promise<Unsaved | null> {
  store.settle()
  return new Promise((resolve) => {
    const done = (unsaved: Unsaved | null) => {
      clearTimeout(timer)
      stop()
      resolve(unsaved)
    }
    const look = () => {
      const state = store.state.getState()
      const conflict = Object.values(state.conflicts)[0]
      if (!store.unsaved) done(null)
      else if (conflict) done({ item: conflict.mine })
      else if (state.connection !== 'online') done({ connection: state.connection })
    }
    const stop = store.state.subscribe(look)
    const timer = setTimeout(() => done({ connection: 'online' }), PATIENCE)
    look()
  })
}

/** A text that the server could not read. One whose item is gone has no place where it could be mended. */
async function unread(store: DocumentStore): Promise<Unsaved | null> {
  for (const { key, item, line } of unreadTexts(store.state.getState())) {
    try {
      const { kind, name } = await store.open(item)
      if (unreadTexts(store.state.getState()).some((text) => text.key === key)) return { text: { kind, name, line: line ?? 1 } }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.status !== 404) return { connection: error.status === 401 ? 'signed-out' : 'offline' }
      store.discardDraft(key)
    }
  }
  return null
}

/** Assistants whose training is being asked for: whoever asks again at once, from wherever, asks for the same. */
const asked = new Map<string, Promise<boolean>>()

/** Starts a training of the content as it is now, and gives whether there is one; `go` opens the item where something has to be decided first. */
export function train(assistant: string, go: (place: Place) => void): Promise<boolean> {
  const same = asked.get(assistant)
  if (same !== undefined) return same
  const begun = ask(assistant, go).finally(() => asked.delete(assistant))
  asked.set(assistant, begun)
  return begun
}

async function ask(assistant: string, go: (place: Place) => void): Promise<boolean> {
  const store = storeOf(assistant)
  const unsaved = await saved(store)
  if (unsaved !== null) {
    if ('item' in unsaved) {
      const { kind, name } = unsaved.item
      toast(IconAlertCircle, words.training.notAllSaved(words.training.why.two(name)), { label: words.connectionBanner.lookAtBoth, run: () => (lookAgain(unsaved.item.id), go({ kind, name })) })
    } else if ('text' in unsaved) {
      const { text } = unsaved
      toast(IconAlertCircle, words.training.notAllSaved(words.training.why.unread(text.name)), { label: words.training.openTheText, run: () => go(text) })
    } else {
      const why = words.training.why[unsaved.connection]
      toast(IconAlertCircle, words.training.notAllSaved(why), { label: words.connectionBanner.tryNow, run: () => store.tryNow() })
    }
    return false
  }
  try {
    const id = uuid7()
    const training = await untilAnswered(() => api.startTraining(assistant, id))
    forgetTraining(assistant)
    if (!runs(training)) toast(IconCircleCheck, words.training.nothingChangedSinceIt(training.version.name))
    return true
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.code === 'content-problems') {
      openDrawer('problems')
      toast(IconAlertCircle, words.training.errorsStopIt)
    } else if (error.code === 'quota-reached') {
      toast(IconAlertCircle, words.training.quotaReached(error.detail))
    } else {
      toast(IconAlertCircle, error.sentence)
    }
    return false
  } finally {
    for (const key of ['versions', 'deployments']) void queryClient.invalidateQueries({ queryKey: [key, assistant] })
    void queryClient.invalidateQueries({ queryKey: ['assistants'] })
    // Until the training is listed, the button would offer another one.
    await queryClient.invalidateQueries({ queryKey: ['trainings', assistant] })
  }
}

export async function stopTraining(assistant: string, training: string): Promise<void> {
  try {
    await api.stopTraining(assistant, training)
  } catch (error) {
    if (error instanceof ApiError) toast(IconAlertCircle, error.sentence)
    else throw error
  } finally {
    await queryClient.invalidateQueries({ queryKey: ['trainings', assistant] })
  }
}
