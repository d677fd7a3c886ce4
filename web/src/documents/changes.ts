/** A change: commands made together, sent as one, undone as one. */
import type { Edit, PatchOperation } from '../api'
import { apply, Overlap } from './apply'
import type { Command, Label } from './commands'
import { emptyDocument, type Document } from './document'

export interface Change {
  /** UUIDv7, made here: a repeated one gets the first answer. */
  id: string
  at: number
  label: Label
  commands: readonly Command[]
  /** The change that this one takes back, so that the server can bring back its text to the byte. */
  reverts?: string
  /** Items whose newer state is written over: the person has seen both and chose. */
  forced?: readonly string[]
}

/** By item, from which revision a change led to which text. */
export type Outcome = Readonly<Record<string, { before: number; text: string }>>

/** Stands for an item's name and text: equal ones are equal, whatever revisions led there. */
export function textOf({ name, parts }: Pick<Document, 'name' | 'parts'>): string {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (const text of [name, ...(parts ?? []).flatMap((part) => [part.file, part.place, part.source])]) {
    for (let i = 0; i <= text.length; i++) {
      const unit = i < text.length ? text.charCodeAt(i) : 0x1_0000
      high = Math.imul(high ^ unit, 0x9e3779b1)
      low = Math.imul(low ^ unit, 0x5f356495) ^ (high >>> 15)
    }
  }
  return `${high >>> 0} ${low >>> 0}`
}

export function touches(change: Change, item: string): boolean {
  return change.commands.some((command) => command.item === item)
}

/** Whether a change may write items besides its own: those that name what it renames follow. */
export function spreads(change: Change): boolean {
  return change.commands.some((command) => command.name === 'rename')
}

export function itemsOf(change: Change): string[] {
  return [...new Set(change.commands.map((command) => command.item))]
}

/** The document after the change's commands on it, and the commands that take them back, last first. */
export function applyChange(document: Document | undefined, change: Change, item: string): { document: Document | undefined; inverse: Command[] } {
  const inverse: Command[] = []
  const force = change.forced?.includes(item) ?? false
  let now = document
  for (const command of change.commands) {
    if (command.item !== item) continue
    const before = now ?? startOf(command)
    if (before === undefined) throw new Overlap(command, undefined)
    const applied = apply(before, command, { force })
    now = applied.document
    inverse.unshift(...applied.inverse)
  }
  return { document: now, inverse }
}

/** A create needs no document before it; everything else does. */
function startOf(command: Command): Document | undefined {
  return command.name === 'create' ? emptyDocument(command.item, command.kind, command.called) : undefined
}

/** The edits that the server takes for a change on the documents that it last gave. */
export function encode(change: Change, bases: Readonly<Record<string, Document>>, reverted?: Outcome): Edit[] {
  return itemsOf(change).flatMap((item) => editsOf(change, item, bases[item], reverted?.[item]))
}

function editsOf(change: Change, item: string, base: Document | undefined, reverted?: Outcome[string]): Edit[] {
  const revision = base?.revision ?? 0
  if (base !== undefined && !base.deleted && revision > 0 && reverted?.text === textOf(base)) {
    const whole = wholeRestore(change, item, revision, reverted.before)
    if (whole !== null) return [whole]
  }
  return stepwise(change, item, base, reverted)
}

/** The item is as the change left it: the revision before comes back as it was, text and all. */
function wholeRestore(change: Change, item: string, revision: number, before: number): Edit | null {
  const commands = change.commands.filter((command) => command.item === item)
  if (commands.some((command) => command.name === 'create' || command.name === 'delete' || command.name === 'rename')) return null
  if (before === 0) return { op: 'delete', item, revision }
  return { op: 'patch', item, revision, patch: [{ op: 'replace', path: '', from: { revision: before, path: '' } }] }
}

function stepwise(change: Change, item: string, base: Document | undefined, reverted?: { before: number }): Edit[] {
  const edits: Edit[] = []
  const patch: PatchOperation[] = []
  const force = change.forced?.includes(item) ?? false
  const revision = base?.revision ?? 0
  let now = base
  for (const command of change.commands) {
    if (command.item !== item) continue
    const before = now ?? startOf(command)
    if (before === undefined) throw new Overlap(command, undefined)
    const applied = apply(before, command, { force })
    const first = patch.length === 0
    patch.push(...applied.patch.map((operation) => (first ? preferText(operation) : withoutText(operation))))
    now = applied.document
    if (command.name === 'delete') edits.push({ op: 'delete', item, revision })
    if (command.name === 'rename') edits.push({ op: 'rename', item, revision, name: command.to, ...(reverted?.before ? { from: { revision: reverted.before } } : {}) })
    if (command.name === 'source' && applied.inverse.length > 0) {
      edits.push({ op: 'source', item, revision, part: command.part, source: command.source })
    }
    if (command.name === 'create') {
      const { kind, called: name, body, source, from } = command
      const old = from ?? (reverted === undefined ? undefined : { revision: reverted.before })
      edits.push({ op: 'create', item, kind, name, ...(old ? { from: old } : source === undefined ? { body: body ?? null } : { source }) })
    }
  }
  return folded(edits, patch, item, revision, now)
}

/** Patches join the other edits of an item; on an item that this very change makes they are part of its first body. */
function folded(edits: Edit[], patch: PatchOperation[], item: string, revision: number, now: Document | undefined): Edit[] {
  if (patch.length === 0) return edits
  const made = edits.find((edit) => edit.op === 'create')
  if (made === undefined) return [{ op: 'patch', item, revision, patch }, ...edits]
  made.body = now?.body ?? null
  delete made.source
  delete made.from
  return edits
}

function preferText({ value, from, ...operation }: PatchOperation): PatchOperation {
  if (from !== undefined) return { ...operation, from }
  return value === undefined ? operation : { ...operation, value }
}

function withoutText({ from: _from, ...operation }: PatchOperation): PatchOperation {
  return operation
}
