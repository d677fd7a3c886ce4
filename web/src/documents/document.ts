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
  keys: Keys
  problems: readonly Problem[]
  deleted: boolean
  /** A flow's conditions in words, by their text. */
  conditions?: Readonly<Record<string, Condition>>
}

export function emptyDocument(id: string, kind: string, name: string): Document {
  return { id, kind, name, builtin: false, revision: 0, body: null, parts: null, keys: {}, problems: [], deleted: false }
}
