/** An item as the page shows it: what the server has plus what was changed here since. */
import type { Condition, Part, Problem } from '../api'
import type { Json } from './json'
import type { Keys } from './keys'

export interface Document {
  id: string
  kind: string
  name: string
  builtin: boolean
  /** The revision of the server that this stands on; 0 for a built-in or an item that was only just made. */
  revision: number
  body: Json
  /** null where only the body is known, as for the responses that come with a flow. */
  parts: readonly Part[] | null
  /** What only the server can tell as yet: the text after a change of name or body, the body after one of the text. */
  unread?: { text?: true; body?: true }
  keys: Keys
  problems: readonly Problem[]
  deleted: boolean
  /** A flow's conditions in words, by their text. */
  conditions?: Readonly<Record<string, Condition>>
}

/** The same where a change of another item may have led to another name in it. */
export function unread(document: Document): Document {
  return { ...document, unread: { text: true, body: true } }
}

export function emptyDocument(id: string, kind: string, name: string): Document {
  return { id, kind, name, builtin: false, revision: 0, body: null, parts: null, keys: {}, problems: [], deleted: false }
}
