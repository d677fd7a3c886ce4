/** The store of one assistant's documents: opens items, takes commands, keeps the undo stack, sends changes in order. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Problem } from '../api'
import { Overlap } from './apply'
import type { Change } from './changes'
import { choiceOf } from './choosing'
import type { Command, Label } from './commands'
import type { Document } from './document'
import { standsInTheWay, told, type News } from './news'
import type { StoreOptions } from './options'
import { Others } from './others'
import { keepDrafts, memoryQueue, type ChangeQueue } from './queue'
import { Sender } from './sender'
import { contentServer, newIn, type ContentServer } from './server'
import { added, dropped, emptyState, isHere, made, received, remembered, unknown, withProblems, type State, type Undoable } from './state'
import { alone, type Tabs } from './tabs'
import { changesNothing, inWords, retyped, samePlace } from './typing'
import { uuid7 } from './uuid'

/** A pause of this length, in milliseconds, ends one change of typing. */
export const TYPING_PAUSE = 800

export class DocumentStore {
  readonly state: StoreApi<State>
  readonly others: Others
  private readonly server: ContentServer
  private readonly queue: ChangeQueue
  readonly sender: Sender
  private readonly tabs: Tabs
  private readonly now: () => number
  private typing: ReturnType<typeof setTimeout> | undefined
  private readonly opening = new Map<string, Promise<Document>>()
  /** Resolves when the queue has all changes. */
  private kept: Promise<unknown> = Promise.resolve()
  /** Changes that are done with: what is heard of them later comes too late. */
  private readonly ended = new Set<string>()

  constructor(
    readonly assistant: string,
    readonly options: StoreOptions = {},
  ) {
    const { now = Date.now, queue = memoryQueue(), server = contentServer(assistant), signedIn = async () => true, join = alone } = options
    this.state = createStore(() => emptyState)
    this.others = new Others(this.state, (id) => this.reread(id), server)
    this.server = server
    this.queue = queue
    this.now = now
    this.sender = new Sender({ state: this.state, server, queue, now, signedIn, read: (id) => this.refresh(id), tell: (news) => this.tell(news) })
    this.tabs = join((news) => this.hear(news), () => void this.restore().then(() => this.sender.lead()))
    void this.restore()
    this.state.subscribe((state, before) => {
      keepDrafts(queue, state.drafts, before.drafts)
      for (const news of standsInTheWay(state, before)) this.tabs.tell(news)
    })
  }

  /** What waits from an earlier page, or from a tab that is gone, shows again and is sent. */
  private async restore(): Promise<void> {
    const [waiting, drafts] = await Promise.all([this.queue.read(), this.queue.readDrafts()])
    const waits = waiting.filter(({ change }) => !this.ended.has(change.id))
    this.state.setState((state) => ({ ...added(state, waits), drafts: { ...drafts, ...state.drafts } }), true)
    this.readUnknown()
  }

  /** Reads what waiting changes are of: whether they still fit shows only on what the server has now. */
  private readonly readUnknown = () => void Promise.allSettled(unknown(this.state.getState()).map((id) => this.refresh(id)))

  /** Makes something so here, and in the other tabs. */
  private tell(news: News): void {
    this.tabs.tell(news)
    this.hear(news)
  }

  private hear(news: News): void {
    if (news.kind === 'put' && this.ended.has(news.waiting.change.id)) return
    const before = this.state.getState()
    this.state.setState((state) => told(state, news), true)
    if ('documents' in news) for (const { id } of news.documents) if (!isHere(before, id)) this.others.cameAlone(id)
    if (news.kind === 'dropped') this.ended.add(news.id)
    if (news.kind === 'refused' || news.kind === 'saved') this.ended.add(news.change.id)
    if (news.kind === 'saved') this.options.onSaved?.(news.change)
    if (news.kind === 'refused' && news.draft === null) this.options.onRefused?.(news.change, news.title, news.detail)
    if (news.kind === 'try') this.readUnknown()
    if (news.kind === 'try') this.sender.retryNow()
    else this.sender.pump()
  }

  /** Loads an item (and, for a flow, what it names) unless it is here already. */
  async open(id: string): Promise<Document> {
    const known = this.state.getState().documents[id]
    const isWhole = known !== undefined && (known.parts !== null || this.state.getState().bases[id] === undefined)
    return isWhole && !this.others.isOutdated(id) ? known : this.refresh(id)
  }

  /** Loads an item again; changes made here are put on top of what the server has now. */
  refresh(id: string): Promise<Document> {
    const running = this.opening.get(id)
    if (running !== undefined) return running
    this.others.isRead(id)
    const loading = this.load(id).finally(() => this.opening.delete(id))
    this.opening.set(id, loading)
    return loading
  }

  /** Loads an item again after something happened to it: an answer that is on its way may be older than that. */
  private async reread(id: string): Promise<Document> {
    await this.opening.get(id)?.catch(() => undefined)
    return this.refresh(id)
  }

  private async load(id: string): Promise<Document> {
    const item = await this.server.item(id)
    this.state.setState((state) => received(state, newIn(item, state.bases)), true)
    this.sender.pump()
    const document = this.state.getState().documents[id]
    if (document === undefined) throw new Error('The item was not in the answer')
    return document
  }

  /** All problems of the assistant as they are now. */
  found(problems: readonly Problem[]): void {
    this.state.setState((state) => withProblems(state, problems), true)
  }

  /** Makes a change at once; null where it would change nothing. Throws Overlap where a command doesn't fit. */
  run(commands: readonly Command[], label: Label): Change | null {
    this.settle()
    const change: Change = { id: uuid7(this.now()), at: this.now(), label, commands }
    const result = made(this.state.getState(), change)
    if (result.inverse.length === 0) return null
    this.state.setState(remembered(result.state, { change, inverse: result.inverse }), true)
    this.commit(change)
    return change
  }

  /** One keystroke: the document follows at once, and the change is made after a pause or `settle`. */
  type(command: Command, label: Label): void {
    const { open, pending } = this.state.getState()
    const last = pending.at(-1)
    const goesOn = last !== undefined && last.id === open && samePlace(last.commands[0], command)
    if (!goesOn) this.settle()
    const change: Change = goesOn && last ? retyped(last, command, label) : { id: uuid7(this.now()), at: this.now(), label, commands: [command] }
    this.state.setState((state) => {
      const before = goesOn ? dropped(state, change.id) : state
      const result = made(before, change)
      return { ...remembered(result.state, { change, inverse: result.inverse }), open: change.id }
    }, true)
    clearTimeout(this.typing)
    this.typing = setTimeout(() => this.settle(), TYPING_PAUSE)
  }

  /** Ends the typing that is open: its change is sent, or forgotten where nothing is different after all. */
  settle(): void {
    clearTimeout(this.typing)
    const { open, pending } = this.state.getState()
    if (open === null) return
    const change = pending.find((candidate) => candidate.id === open)
    this.state.setState({ open: null })
    if (change?.commands.every(changesNothing)) this.state.setState((state) => dropped(state, change.id), true)
    else if (change !== undefined) this.commit(change)
  }

  private commit(change: Change): void {
    void this.keep(change).then(() => this.tell({ kind: 'put', waiting: { change } }))
  }

  private keep(change: Change): Promise<void> {
    const putting = this.queue.put({ change }).then((lasting) => this.state.setState({ lasting }))
    this.kept = Promise.all([this.kept, putting])
    return putting
  }

  /** Takes the last change back, or the one that is named; false where it is none or somebody else changed the place since. */
  undo(change?: string): boolean {
    return this.takeBack('undo', 'redo', change)
  }

  redo(): boolean {
    return this.takeBack('redo', 'undo')
  }

  private takeBack(from: 'undo' | 'redo', to: 'undo' | 'redo', id?: string): boolean {
    this.settle()
    const steps = this.state.getState()[from]
    const step = id === undefined ? steps.at(-1) : steps.find((each) => each.change.id === id)
    if (step === undefined) return false
    const change: Change = {
      id: uuid7(this.now()),
      at: this.now(),
      label: { name: from, arguments: { words: inWords(step.change.label) } },
      commands: step.inverse,
      reverts: step.change.id,
    }
    try {
      this.state.setState((state) => {
        const result = made(state, change)
        const back: Undoable = { change: { ...change, label: step.change.label }, inverse: result.inverse }
        return { ...result.state, [from]: state[from].filter((each) => each !== step), [to]: [...state[to], back] }
      }, true)
    } catch (error) {
      if (!(error instanceof Overlap)) throw error
      this.state.setState((state) => ({ [from]: state[from].filter((each) => each !== step) }))
      return false
    }
    this.commit(change)
    return true
  }

  /** The person has seen both texts of an item and chose. */
  choose(item: string, side: 'mine' | 'theirs'): void {
    const choice = choiceOf(this.state.getState(), item, side)
    if (choice === null) return
    this.tell({ kind: 'chosen', ...choice })
    for (const id of choice.gone) void this.queue.remove(id)
    const { pending, open } = this.state.getState()
    for (const change of pending) if (choice.forced.includes(change.id) && change.id !== open) void this.keep(change)
  }

  /** Forgets, in all tabs, a text that the server could not read; the saved one shows again. */
  discardDraft(key: string): void {
    this.tell({ kind: 'discarded', key })
  }

  /** Tries at once to send what waits, in whichever tab sends. */
  tryNow(): void {
    this.tell({ kind: 'try' })
  }

  /** Changes of ours that the event stream will tell us about as well. */
  isOurs(change: string): boolean {
    const state = this.state.getState()
    return state.outcomes[change] !== undefined || state.pending.some((candidate) => candidate.id === change)
  }

  /** Whether a change waits here that the server has not answered; a text that it could not read is none (`unreadTexts`). */
  get unsaved(): boolean {
    return this.state.getState().pending.length > 0
  }

  /** Whether something waits that ends with this page, because the browser doesn't keep it. */
  get fleeting(): boolean {
    return this.unsaved && !this.state.getState().lasting
  }

  /** Hands what is typed to the queue and waits until that has it. */
  async leave(): Promise<void> {
    this.settle()
    await this.kept
  }
}
