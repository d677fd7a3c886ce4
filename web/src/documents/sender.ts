/** Sends changes in order, one in flight; waits out what passes, and hands what doesn't to the state. */
import type { StoreApi } from 'zustand/vanilla'
import { ApiError, type StaleItem } from '../api'
import { Overlap } from './apply'
import { encode, itemsOf, type Change } from './changes'
import type { Document } from './document'
import type { ChangeQueue } from './queue'
import { documentOfChanged, documentOfStale, documentsOf, type ContentServer } from './server'
import { confirmed, derive, draftKey, dropped, received, sendable, type State } from './state'

const FIRST_PAUSE = 1000
const LONGEST_PAUSE = 30_000

export interface SenderEvents {
  onSaved?: (change: Change) => void
  onRefused?: (change: Change, title: string, detail: string) => void
}

export class Sender {
  private pause = FIRST_PAUSE
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly state: StoreApi<State>,
    private readonly server: ContentServer,
    private readonly queue: ChangeQueue,
    private readonly now: () => number,
    private readonly events: SenderEvents,
  ) {}

  retryNow(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.pause = FIRST_PAUSE
    this.pump()
  }

  pump(): void {
    const state = this.state.getState()
    if (state.sending !== null || this.timer !== undefined) return
    const change = sendable(state)
    if (change === undefined) return
    this.state.setState({ sending: change.id })
    void this.send(change)
  }

  private async send(change: Change): Promise<void> {
    try {
      await this.deliver(change)
    } catch (error) {
      await this.failed(change, error)
    }
    this.state.setState({ sending: null })
    this.pump()
  }

  private async deliver(change: Change): Promise<void> {
    const { bases, outcomes } = this.state.getState()
    const edits = encode(change, bases, change.reverts === undefined ? undefined : outcomes[change.reverts])
    if (edits.length === 0) {
      this.state.setState((state) => dropped(state, change.id), true)
      await this.queue.remove(change.id)
      return
    }
    const answer = await this.server.change({ id: change.id, command: change.label, edits })
    const documents = answer.items.map((item) => documentOfChanged(item, bases[item.id]))
    this.state.setState((state) => ({ ...confirmed(state, change.id, documents, this.now()), connection: 'online' as const }), true)
    this.pause = FIRST_PAUSE
    await this.queue.remove(change.id)
    await this.complete(change, documents)
    this.events.onSaved?.(change)
  }

  /** A flow's conditions come only with the whole item, and a deleted item may have a built-in one beneath it. */
  private async complete(change: Change, documents: readonly Document[]): Promise<void> {
    const typed = new Set(change.commands.filter((command) => command.name !== 'set' || command.at.path.includes('if')).map((command) => command.item))
    const again = documents.filter((document) => document.deleted || (document.kind === 'flow' && typed.has(document.id)))
    await Promise.allSettled(again.map((document) => this.reload(document)))
  }

  private async reload(document: Document): Promise<void> {
    const { id, kind, name, deleted } = document
    const there = deleted ? await this.server.builtin(kind, name) : id
    if (there === undefined) return
    const incoming = documentsOf(await this.server.item(there))
    this.state.setState((state) => received(state, incoming), true)
  }

  private async failed(change: Change, error: unknown): Promise<void> {
    if (error instanceof Overlap) {
      this.state.setState((state) => {
        const next = derive(state, itemsOf(change))
        return itemsOf(change).some((item) => next.conflicts[item] !== undefined) ? next : dropped(next, change.id)
      }, true)
    } else if (!(error instanceof ApiError) || error.temporary) {
      this.wait(error instanceof ApiError && error.status === 401 ? 'signed-out' : 'offline')
    } else if (error.status === 409 && error.code === 'stale') {
      await this.stale(error.items)
    } else {
      this.refused(change, error)
      await this.queue.remove(change.id)
    }
  }

  private wait(connection: 'offline' | 'signed-out'): void {
    this.state.setState({ connection })
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.pump()
    }, this.pause)
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE)
  }

  /** Newer states came first: ours are put on top of them, or both are shown. */
  private async stale(items: readonly StaleItem[]): Promise<void> {
    for (const item of items) {
      const known = this.state.getState().bases[item.id]
      if (known === undefined) continue
      let incoming = [documentOfStale(item, known)]
      if (known.kind === 'flow') {
        try {
          incoming = documentsOf(await this.server.item(item.id)).filter((document) => document.id === item.id)
        } catch {
          this.wait('offline')
          return
        }
      }
      this.state.setState((state) => received(state, incoming, items), true)
    }
  }

  private refused(change: Change, error: ApiError): void {
    const typed = change.commands.find((command) => command.name === 'source')
    this.state.setState((state) => {
      const next = dropped(state, change.id)
      if (typed?.name !== 'source') return next
      const line = error.line ?? error.problems.find((problem) => problem.line !== null)?.line ?? null
      const detail = error.problems[0]?.message ?? error.detail
      return { ...next, drafts: { ...next.drafts, [draftKey(typed.item, typed.part)]: { source: typed.source, title: error.title, detail, line } } }
    }, true)
    if (typed === undefined) this.events.onRefused?.(change, error.title, error.detail)
  }
}
