/**
 * Everything that can be done to an item's body, as values that can be stored and sent. Each knows what it saw when it
 * was made (`was`), so that it can be told on a newer document whether somebody else changed the same place.
 */
import type { Address } from './keys'
import type { Json } from './json'

interface OnItem {
  item: string
}

/** Sets a member or replaces a list's element. Without `was` there was none: objects missing on the way are made. */
export interface SetCommand extends OnItem {
  name: 'set'
  at: Address
  value: Json
  was?: Json
  /** Where a new member goes: before this key. */
  before?: string
}

export interface RemoveCommand extends OnItem {
  name: 'remove'
  at: Address
  was: Json
}

/** Inserts an element; the last token of the address is its index. */
export interface InsertCommand extends OnItem {
  name: 'insert'
  at: Address
  value: Json
  /** Keys of the steps in the value, by pointer inside it: brought back by an undo. */
  keys?: Record<string, string>
}

/** Moves an element inside its list, from the address's index to `to`. */
export interface MoveCommand extends OnItem {
  name: 'move'
  at: Address
  to: number
  was: Json
}

export interface RenameCommand extends OnItem {
  name: 'rename'
  to: string
  was: string
}

/** Replaces the text of one part of the item's files. The body follows from it on the server. */
export interface SourceCommand extends OnItem {
  name: 'source'
  part: number
  source: string
  was: string
}

export interface CreateCommand extends OnItem {
  name: 'create'
  kind: string
  called: string
  body?: Json
  source?: string
  /** Bring back this revision of the item instead of a value: with its old text. */
  from?: { revision: number; item?: string }
}

export interface DeleteCommand extends OnItem {
  name: 'delete'
  kind: string
  called: string
}

export type BodyCommand = SetCommand | RemoveCommand | InsertCommand | MoveCommand
export type Command = BodyCommand | RenameCommand | SourceCommand | CreateCommand | DeleteCommand

/** What the history says about a change: rendered by the server from name and arguments. */
export interface Label {
  name: string
  arguments: Record<string, Json>
}
