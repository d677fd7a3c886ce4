/** The store of one assistant's documents: opens items, takes commands, keeps the undo stack, sends changes in order. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { StaleItem } from '../api'
import { Overlap } from './apply'
import { itemsOf, touches, type Change } from './changes'
import type { Command, Label } from './commands'
import type { Document } from './document'
import { equal } from './json'
import { memoryQueue, type ChangeQueue } from './queue'
import { Sender } from './sender'
import { contentServer, documentsOf, type ContentServer } from './server'
import { chosen, derive, dropped, emptyState, made, received, remembered, type State, type Undoable } from './state'
import { uuid7 } from './uuid'

/** A pause of this length, in milliseconds, ends one change of typing. */
export const TYPING_PAUSE = 800

export interface StoreOptions {
  server?: ContentServer
  queue?: ChangeQueue
  now?: () => number
  /** Told after each change that the server took, with its id. */
  onSaved?: (change: Change) => void
  /** Told when the server refused a change for good. */
  onRefused?: (change: Change, title: string, detail: string) => void
}

export class DocumentStore {
  readonly state: StoreApi<State>
  private readonly server: ContentServer
  private readonly queue: ChangeQueue
  private readonly sender: Sender
  private readonly now: () => number
  private typing: ReturnType<typeof setTimeout> | undefined
  private readonly opening = new Map<string, Promise<Document>>()

  constructor(
    readonly assistant: string,
    readonly options: StoreOptions = {},
  ) {
    this.state = createStore(() => emptyState)
    this.server = options.server ?? contentServer(assistant)
    this.queue = options.queue ?? memoryQueue()
    this.now = options.now ?? Date.now
    this.sender = new Sender(this.state, this.server, this.queue, this.now, options)
  }

  /** Loads an item (and, for a flow, what it names) unless it is here already. */
  async open(id: string): Promise<Document> {
    const known = this.state.getState().documents[id]
    if (known !== undefined && (known.parts !== null || this.state.getState().bases[id] === undefined)) return known
    return this.refresh(id)
  }

  /** Loads an item again; changes made here are put on top of what the server has now. */
  refresh(id: string): Promise<Document> {
    const running = this.opening.get(id)
    if (running !== undefined) return running
    const loading = this.load(id).finally(() => this.opening.delete(id))
    this.opening.set(id, loading)
    return loading
  }

  private async load(id: string): Promise<Document> {
    const item = await this.server.item(id)
    const incoming = documentsOf(item).filter(
      (document) => document.id === id || this.state.getState().bases[document.id]?.revision !== document.revision,
    )
    this.state.setState((state) => received(state, incoming), true)
    this.sender.pump()
    const document = this.state.getState().documents[id]
    if (document === undefined) throw new Error('The item was not in the answer')
    return document
  }

  /** Somebody else wrote these items: those that are open here are loaded again, unless a change of ours is on its way. */
  async changedElsewhere(items: readonly string[]): Promise<void> {
    const open = items.filter((id) => this.state.getState().bases[id] !== undefined)
    await Promise.allSettled(open.map((id) => this.refresh(id)))
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
    if (change === undefined) return
    if (change.commands.every(changesNothing)) this.state.setState((state) => dropped(state, change.id), true)
    else this.commit(change)
  }

  private commit(change: Change): void {
    void this.queue.put(change).then(() => this.sender.pump())
  }

  /** Takes the last change back; false where there is none or somebody else changed the place since. */
  undo(): boolean {
    this.settle()
    return this.takeBack('undo', 'redo')
  }

  redo(): boolean {
    this.settle()
    return this.takeBack('redo', 'undo')
  }

  private takeBack(from: 'undo' | 'redo', to: 'undo' | 'redo'): boolean {
    const step = this.state.getState()[from].at(-1)
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
        return { ...result.state, [from]: state[from].slice(0, -1), [to]: [...state[to], back] }
      }, true)
    } catch (error) {
      if (!(error instanceof Overlap)) throw error
      this.state.setState((state) => ({ [from]: state[from].slice(0, -1) }))
      return false
    }
    this.commit(change)
    return true
  }

  /** The person has seen both texts of an item and chose. */
  choose(item: string, side: 'mine' | 'theirs'): void {
    const before = this.state.getState().pending
    this.state.setState((state) => chosen(state, item, side), true)
    const { pending } = this.state.getState()
    for (const change of before) if (!pending.some((kept) => kept.id === change.id)) void this.queue.remove(change.id)
    this.sender.pump()
  }

  /** Forgets a text that the server could not read; the saved one shows again. */
  discardDraft(key: string): void {
    this.state.setState((state) => ({ drafts: Object.fromEntries(Object.entries(state.drafts).filter(([name]) => name !== key)) }))
  }

  /** Tries at once to send what waits. */
  tryNow(): void {
    this.sender.retryNow()
  }

  /** Changes of ours that the event stream will tell us about as well. */
  isOurs(change: string): boolean {
    const state = this.state.getState()
    return state.outcomes[change] !== undefined || state.pending.some((candidate) => candidate.id === change)
  }

  /** Whether something waits here that the server doesn't have. */
  get unsaved(): boolean {
    return this.state.getState().pending.length > 0
  }

  /** For tests and the conflict view: recompute one item. */
  recompute(item: string, stale: readonly StaleItem[] = []): void {
    this.state.setState((state) => derive(state, [item], stale), true)
  }

  pendingFor(item: string): readonly Change[] {
    return this.state.getState().pending.filter((change) => touches(change, item) && itemsOf(change).length > 0)
  }
}

/** A label as the history says it within a sentence: "edit response utter_greet". */
function inWords({ name, arguments: about }: Label): string {
  return [name.replaceAll('-', ' '), about['kind'], about['name']].filter((word) => typeof word === 'string').join(' ')
}

function samePlace(a: Command | undefined, b: Command): boolean {
  if (a === undefined || a.item !== b.item || a.name !== b.name) return false
  if (a.name === 'set' && b.name === 'set') return a.at.step === b.at.step && a.at.path === b.at.path
  return a.name === 'source' && b.name === 'source' && a.part === b.part
}

/** The same change with the newer text, still remembering what stood there before the first keystroke. */
function retyped(change: Change, command: Command, label: Label): Change {
  const first = change.commands[0]
  if (first?.name === 'set' && command.name === 'set') {
    const { was: _was, ...rest } = command
    return { ...change, label, commands: [first.was === undefined ? rest : { ...rest, was: first.was }] }
  }
  if (first?.name === 'source' && command.name === 'source') return { ...change, label, commands: [{ ...command, was: first.was }] }
  return { ...change, label, commands: [command] }
}

function changesNothing(command: Command): boolean {
  if (command.name === 'set') return equal(command.value, command.was)
  return command.name === 'source' && command.source === command.was
}
