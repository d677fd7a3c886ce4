/** Sends changes in order, one in flight; waits out what passes, and hands what doesn't to the state. */
import type { StoreApi } from 'zustand/vanilla'
import { ApiError, type Edit, type StaleItem } from '../api'
import { Overlap } from './apply'
import { encode, itemsOf, textOf, type Change, type Outcome } from './changes'
import { derive } from './derive'
import type { Document } from './document'
import { draftKey, type Draft } from './drafts'
import type { News } from './news'
import type { ChangeQueue } from './queue'
import { documentOfChanged, documentOfStale, documentsOf, newIn, type ContentServer } from './server'
import { moving, received, sendable, standingOn, type Connection, type State } from './state'

const FIRST_PAUSE = 1000
const LONGEST_PAUSE = 30_000

export interface Around {
  state: StoreApi<State>
  server: ContentServer
  queue: ChangeQueue
  now: () => number
  /** Makes it so here, and tells the other tabs. */
  tell: (news: News) => void
  /** Loads an item. */
  read: (item: string) => Promise<unknown>
  /** Whether the person whose changes these are is signed in; asked after an answer that said otherwise. */
  signedIn: () => Promise<boolean>
}

export class Sender {
  private pause = FIRST_PAUSE
  private timer: ReturnType<typeof setTimeout> | undefined
  private leads = false

  constructor(private readonly around: Around) {}

  /** From now on this tab sends. */
  lead(): void {
    this.leads = true
    this.pump()
  }

  retryNow(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.pause = FIRST_PAUSE
    this.pump()
  }

  /** Lets go of everything that waits, in all tabs. */
  async discard(): Promise<void> {
    for (const { id } of moving(this.around.state.getState())) await this.drop(id)
    this.around.tell({ kind: 'connection', connection: 'online' })
  }

  pump(): void {
    const { state } = this.around
    if (!this.leads || state.getState().sending !== null || this.timer !== undefined) return
    const change = sendable(state.getState())
    if (change === undefined) return
    state.setState({ sending: change.id })
    void this.send(change)
  }

  private async send(change: Change): Promise<void> {
    const { state, signedIn } = this.around
    try {
      if (state.getState().connection === 'signed-out' && !(await signedIn())) this.wait('signed-out')
      else await this.deliver(change)
    } catch (error) {
      await this.failed(change, error)
    }
    state.setState({ sending: null })
    this.pump()
  }

  private async deliver(change: Change): Promise<void> {
    const { state, server, queue, now, tell } = this.around
    const edits = state.getState().attempts[change.id] ?? (await this.encoded(change))
    if (edits === null) return
    if (edits.length === 0) {
      await this.drop(change.id)
      return
    }
    tell({ kind: 'sent', id: change.id, edits })
    await queue.put({ change, edits })
    const answer = await this.asked(() => server.change({ id: change.id, command: change.label, edits: [...edits] }))
    if (answer === null) return
    const { bases } = state.getState()
    const documents = answer.items.map((item) => documentOfChanged(item, bases[item.id]))
    await this.end(change.id, { kind: 'saved', change, documents, outcome: outcomeOf(edits, documents), at: now() })
    this.pause = FIRST_PAUSE
    await this.complete(change, documents)
  }

  /** The server's answer; null where the person may not change the assistant any more. Rights that are taken may come back, and what was typed must not go with them. */
  private async asked<T>(ask: () => Promise<T>): Promise<T | null> {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof ApiError) || !isBarred(error)) throw error
      this.wait('barred')
      return null
    }
  }

  private async drop(id: string): Promise<void> {
    await this.end(id, { kind: 'dropped', id })
  }

  /** Told last: a tab that opens meanwhile hears it, and where this one dies before, the next sends the change once more. */
  private async end(id: string, news: News): Promise<void> {
    await this.around.queue.remove(id)
    this.around.tell(news)
  }

  /** The edits of a change on what the server has; null where it doesn't fit any more. Items of other tabs are read first. */
  private async encoded(change: Change): Promise<Edit[] | null> {
    const { state, read } = this.around
    const made = new Set(change.commands.flatMap((command) => (command.name === 'create' ? [command.item] : [])))
    for (const item of itemsOf(change)) {
      if (made.has(item) || state.getState().bases[item] !== undefined) continue
      await read(item)
    }
    const { bases, outcomes } = state.getState()
    const now = moving(state.getState()).find(({ id }) => id === change.id)
    return now === undefined ? null : encode(now, bases, change.reverts === undefined ? undefined : outcomes[change.reverts])
  }

  /** A flow's conditions come only with the whole item, and a deleted item may have a built-in one beneath it. */
  private async complete(change: Change, documents: readonly Document[]): Promise<void> {
    const typed = new Set(change.commands.filter((command) => command.name !== 'set' || command.at.path.includes('if')).map((command) => command.item))
    const again = documents.filter((document) => document.deleted || (document.kind === 'flow' && typed.has(document.id)))
    await Promise.allSettled(again.map((document) => this.reload(document)))
  }

  private async reload(document: Document): Promise<void> {
    const { server, state, tell } = this.around
    const { id, kind, name, deleted } = document
    const there = deleted ? await server.builtin(kind, name) : id
    if (there === undefined) return
    // What comes beside it comes without its text: that of one that is open whole stays.
    const documents = newIn(await server.item(there), state.getState().bases)
    state.setState((now) => received(now, documents), true)
    tell({ kind: 'received', documents, stale: [] })
  }

  private async failed(change: Change, error: unknown): Promise<void> {
    const { state, queue, tell } = this.around
    if (error instanceof Overlap) {
      state.setState((now) => derive(now, itemsOf(change)), true)
      if (!itemsOf(change).some((item) => state.getState().conflicts[item] !== undefined)) await this.drop(change.id)
    } else if (!(error instanceof ApiError) || error.temporary) {
      this.wait(error instanceof ApiError && error.status === 401 ? 'signed-out' : 'offline')
    } else if (error.status === 403 && error.code === 'csrf') {
      // The browser has another sign-in now: the same person's, whose token is asked for, or somebody else's.
      this.wait('signed-out')
    } else if (error.status === 409 && error.code === 'stale') {
      tell({ kind: 'sent', id: change.id, edits: null })
      // It was not taken, so that the next page need not send just that again.
      await queue.put({ change })
      await this.stale(error.items)
    } else {
      await this.refused(change, error)
    }
  }

  /** What was made on top of a change that the server refuses is refused with it: nobody else wrote, so there is no choice. */
  private async refused(change: Change, error: ApiError): Promise<void> {
    const { state, queue, tell } = this.around
    await queue.remove(change.id)
    const gone = [...standingOn(state.getState(), change), change]
    for (const each of gone) tell({ kind: 'refused', change: each, title: error.title, detail: error.detail, draft: draftOf(each, error) })
    await Promise.all(gone.map(({ id }) => queue.remove(id)))
  }

  private wait(connection: Exclude<Connection, 'online'>): void {
    this.around.tell({ kind: 'connection', connection })
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.pump()
    }, this.pause)
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE)
  }

  /** Newer states came first: ours are put on top of them, or both are shown. */
  private async stale(items: readonly StaleItem[]): Promise<void> {
    const { state, server, tell } = this.around
    for (const item of items) {
      const known = state.getState().bases[item.id]
      if (known === undefined) continue
      let documents = [documentOfStale(item, known)]
      if (known.kind === 'flow') {
        try {
          documents = documentsOf(await server.item(item.id)).filter((document) => document.id === item.id)
        } catch {
          this.wait('offline')
          return
        }
      }
      tell({ kind: 'received', documents, stale: items })
    }
  }
}

/** Whether the answer to a change is that the person has no right to it: an assistant that he may not see is none to him. */
function isBarred({ status, code }: ApiError): boolean {
  return (status === 403 && code !== 'csrf') || (status === 404 && code === 'not-found')
}

/** From which revision a change led to which text, by item: what its undo brings back. */
function outcomeOf(edits: readonly Edit[], documents: readonly Document[]): Outcome {
  return Object.fromEntries(
    documents.map((document) => {
      const edit = edits.find((candidate) => candidate.item === document.id)
      return [document.id, { before: edit !== undefined && 'revision' in edit ? edit.revision : 0, text: textOf(document) }]
    }),
  )
}

/** The text that the server could not read, kept as it was typed. */
function draftOf(change: Change, error: ApiError): { key: string; draft: Draft } | null {
  const typed = change.commands.find((command) => command.name === 'source')
  if (typed?.name !== 'source') return null
  const line = error.line ?? error.problems.find((problem) => problem.line !== null)?.line ?? null
  const detail = error.problems[0]?.message ?? error.detail
  return { key: draftKey(typed.item, typed.part), draft: { source: typed.source, title: error.title, detail, line } }
}
