/** Applying a command to a document: gives the new document, the command that takes it back, and the server's patch. */
import type { PatchOperation } from '../api'
import type { BodyCommand, Command, MoveCommand } from './commands'
import { emptyDocument, type Document } from './document'
import { equal, get, isObject, keyAfter, split, withInserted, without, withValue, type Json } from './json'
import { movedKeys, resolve, withoutKeys } from './keys'

export interface Applied {
  document: Document
  inverse: Command[]
  patch: PatchOperation[]
}

/** Somebody else changed the place that the command was made for, or took it away. */
export class Overlap extends Error {
  constructor(
    readonly command: Command,
    readonly now: Json | undefined,
  ) {
    super('The place was changed by somebody else')
  }
}

export interface ApplyOptions {
  /** Write over what somebody else put there: the person has seen both and chose. */
  force?: boolean
}

export function apply(document: Document, command: Command, options: ApplyOptions = {}): Applied {
  switch (command.name) {
    case 'rename':
      return {
        document: { ...withUnreadText(document), name: command.to },
        inverse: [{ name: 'rename', item: command.item, to: document.name, was: command.to }],
        patch: [],
      }
    case 'create':
      return {
        document: { ...withUnreadText(emptyDocument(command.item, command.kind, command.called)), body: command.body ?? null },
        inverse: [{ name: 'delete', item: command.item, kind: command.kind, called: command.called }],
        patch: [],
      }
    case 'delete':
      return {
        document: { ...document, deleted: true },
        inverse: [{ name: 'create', item: command.item, kind: document.kind, called: document.name, body: document.body }],
        patch: [],
      }
    case 'source':
      return applySource(document, command, options)
    default: {
      const applied = applyToBody(document, command, options)
      return applied.patch.length === 0 ? applied : { ...applied, document: withUnreadText(applied.document) }
    }
  }
}

function withUnreadText(document: Document): Document {
  return { ...document, unread: { ...document.unread, text: true } }
}

function applySource(document: Document, command: Extract<Command, { name: 'source' }>, options: ApplyOptions): Applied {
  const now = document.unread?.text ? command.was : document.parts?.[command.part]?.source
  if (now === undefined) throw new Overlap(command, undefined)
  if (!options.force && now !== command.was && now !== command.source) throw new Overlap(command, now)
  const parts = document.parts?.map((old, i) => (i === command.part ? { ...old, source: command.source } : old)) ?? null
  const inverse: Command = { ...command, source: now, was: command.source }
  return { document: { ...document, parts, unread: { ...document.unread, body: true } }, inverse: [inverse], patch: [] }
}

function applyToBody(before: Document, command: BodyCommand, options: ApplyOptions): Applied {
  const path = resolve(command.at, before.keys)
  if (path === null) {
    if (options.force) return { document: before, inverse: [], patch: [] }
    throw new Overlap(command, undefined)
  }
  const document = before.unread?.body ? { ...before, body: asSeen(before.body, command, path) } : before
  const now = get(document.body, path)
  if (!options.force) check(command, now)
  switch (command.name) {
    case 'set':
      return set(document, command, path, now)
    case 'remove':
      return remove(document, command, path, now)
    case 'insert':
      return insert(document, command, path)
    case 'move':
      return move(document, command, path)
  }
}

/** A body with what the command saw at its place, as far as there is one: nothing here knows better. */
function asSeen(body: Json, command: BodyCommand, path: string): Json {
  if (command.name === 'insert' || get(body, path) === undefined) return body
  return command.was === undefined ? without(body, path) : withValue(body, path, command.was)
}

function check(command: BodyCommand, now: Json | undefined): void {
  if (command.name === 'insert') return
  if (equal(now, command.was)) return
  if (command.name === 'set' && equal(now, command.value)) return
  throw new Overlap(command, now)
}

function set(document: Document, command: Extract<BodyCommand, { name: 'set' }>, path: string, now: Json | undefined): Applied {
  if (equal(now, command.value)) return { document, inverse: [], patch: [] }
  const { item, at, before } = command
  if (now !== undefined) {
    const body = withValue(document.body, path, command.value)
    const inverse: Command = { name: 'set', item, at, value: now, was: command.value }
    return { document: { ...document, body }, inverse: [inverse], patch: [{ op: 'replace', path, value: command.value }] }
  }
  const { depth, value } = withContainers(document.body, path, command)
  const place = path.slice(0, path.length - depth.length)
  const body = withValue(document.body, place, value, before)
  const inverse: Command = { name: 'remove', item, at: { ...at, path: at.path.slice(0, at.path.length - depth.length) }, was: value }
  return { document: { ...document, body }, inverse: [inverse], patch: [{ op: 'add', path: place, value, ...(before === undefined ? {} : { before }) }] }
}

/** The value inside the objects that are missing on its way; `depth` is the part of the path that they make. */
function withContainers(body: Json, path: string, command: Extract<BodyCommand, { name: 'set' }>): { depth: string; value: Json } {
  let value = command.value
  let place = path
  for (;;) {
    const { parent, last } = split(place)
    const container = place === '' ? undefined : get(body, parent)
    if (isObject(container)) return { depth: path.slice(place.length), value }
    if (container !== undefined || place === '') throw new Overlap(command, container)
    value = { [last]: value }
    place = parent
  }
}

function remove(document: Document, command: Extract<BodyCommand, { name: 'remove' }>, path: string, now: Json | undefined): Applied {
  if (now === undefined) return { document, inverse: [], patch: [] }
  const { parent, last } = split(path)
  const container = get(document.body, parent)
  const { item, at } = command
  const inside = Object.entries(document.keys).filter(([where]) => where === path || where.startsWith(`${path}/`))
  let keys = withoutKeys(document.keys, path)
  let inverse: Command
  if (isObject(container)) {
    const before = keyAfter(container, last)
    inverse = { name: 'set', item, at: stable(at, path, inside), value: now, ...(before === undefined ? {} : { before }) }
  } else {
    const index = Number(last)
    keys = movedKeys(keys, path, (old) => (old > index ? old - 1 : old))
    const back = Object.fromEntries(inside.map(([where, key]) => [where.slice(path.length), key]))
    inverse = { name: 'insert', item, at: stable(at, path, inside), value: now, keys: back }
  }
  return { document: { ...document, body: without(document.body, path), keys }, inverse: [inverse], patch: [{ op: 'remove', path }] }
}

/** The address for bringing a value back: its own step is gone with it, so the way then starts at the body. */
function stable<A extends { step?: string; path: string }>(at: A, path: string, gone: [string, string][]): { step?: string; path: string } {
  return at.step !== undefined && gone.some(([, key]) => key === at.step) ? { path } : at
}

function insert(document: Document, command: Extract<BodyCommand, { name: 'insert' }>, path: string): Applied {
  const { parent, last } = split(path)
  const list = get(document.body, parent)
  if (!Array.isArray(list)) throw new Overlap(command, list)
  const index = Math.min(Number(last), list.length)
  const place = `${parent}/${index}`
  const keys = {
    ...movedKeys(document.keys, place, (old) => (old >= index ? old + 1 : old)),
    ...Object.fromEntries(Object.entries(command.keys ?? {}).map(([where, key]) => [place + where, key])),
  }
  const at = index === Number(last) ? command.at : { path: place }
  return {
    document: { ...document, body: withInserted(document.body, place, command.value), keys },
    inverse: [{ name: 'remove', item: command.item, at, was: command.value }],
    patch: [{ op: 'add', path: place, value: command.value }],
  }
}

function move(document: Document, command: MoveCommand, path: string): Applied {
  const { parent, last } = split(path)
  const list = get(document.body, parent)
  const value = get(document.body, path)
  if (!Array.isArray(list) || value === undefined) throw new Overlap(command, list)
  const from = Number(last)
  const to = Math.min(command.to, list.length - 1)
  if (from === to) return { document, inverse: [], patch: [] }
  const place = `${parent}/${to}`
  const body = withInserted(without(document.body, path), place, value)
  const keys = movedKeys(document.keys, path, (old) => {
    if (old === from) return to
    if (from < to) return old > from && old <= to ? old - 1 : old
    return old >= to && old < from ? old + 1 : old
  })
  const step = command.at.step
  const at = step !== undefined && document.keys[path] === step ? command.at : { ...command.at, path: command.at.path.slice(0, command.at.path.lastIndexOf('/') + 1) + to }
  return {
    document: { ...document, body, keys },
    inverse: [{ name: 'move', item: command.item, at, to: from, was: value }],
    patch: [
      { op: 'remove', path },
      { op: 'add', path: place, value, ...(document.revision > 0 ? { from: { revision: document.revision, path } } : {}) },
    ],
  }
}
