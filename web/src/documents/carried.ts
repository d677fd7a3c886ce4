/** Changes that wait, carried over to what others made of a document: their places in lists are where the entries are now. Pure. */
import { apply, Overlap } from './apply'
import { aligned } from './aligned'
import { touches, type Change } from './changes'
import type { Command } from './commands'
import { mayBeIn } from './derive'
import type { Document } from './document'
import { equal, get, pointer, tokens, type Json } from './json'
import type { State } from './state'

/** The state with its waiting changes as they are made on newer documents of the server, and what takes them back. */
export function carried(state: State, documents: readonly Document[]): State {
  return documents.reduce((now, document) => {
    const known = now.bases[document.id]
    return known === undefined || known.deleted || document.deleted || equal(known.body, document.body) ? now : carriedOver(now, known, document)
  }, state)
}

function carriedOver(state: State, before: Document, after: Document): State {
  const item = before.id
  const moved = new Map<string, Change>()
  const inverses = new Map<string, readonly Command[]>()
  let [old, now] = [before, after]
  for (const change of state.pending) {
    if (!touches(change, item)) continue
    const sent = state.attempts[change.id]
    const [unsureOfOld, unsureOfNow] = [mayBeIn(before, sent, item), mayBeIn(after, sent, item)]
    const inverse: Command[] = []
    const commands = change.commands.map((command) => {
      if (command.item !== item) return command
      const next = old.unread?.body || now.unread?.body ? command : placedIn(now.body, old.body, command)
      if (!unsureOfOld || !isIn(old, command)) old = made(old, command)?.document ?? old
      const result = unsureOfNow && isIn(now, next) ? undefined : made(now, next)
      inverse.unshift(...(result?.inverse ?? []))
      now = result?.document ?? now
      return next
    })
    if (commands.every((command, i) => command === change.commands[i])) continue
    moved.set(change.id, { ...change, commands })
    if (!unsureOfNow) inverses.set(change.id, inverse)
  }
  if (moved.size === 0) return state
  const undo = state.undo.map((step) => {
    const inverse = inverses.get(step.change.id)
    return inverse === undefined ? step : { change: moved.get(step.change.id) ?? step.change, inverse: [...inverse, ...step.inverse.filter((command) => command.item !== item)] }
  })
  return { ...state, pending: state.pending.map((change) => moved.get(change.id) ?? change), undo }
}

function made(document: Document, command: Command): ReturnType<typeof apply> | undefined {
  try {
    return apply(document, command)
  } catch (error) {
    if (!(error instanceof Overlap)) throw error
    return undefined
  }
}

/** Whether a command whose answer never came was taken, by what stands at its place: a second time it would insert twice. */
function isIn({ body }: Document, command: Command): boolean {
  return command.name === 'insert' && equal(get(body, command.at.path), command.value)
}

/** A command as it is made on a newer body; the same where its entry is gone, so that it no longer fits. */
function placedIn(after: Json, before: Json, command: Command): Command {
  // Steps are named by keys that last.
  if (!('at' in command) || command.name === 'move' || command.at.step !== undefined) return command
  const path = placeIn(after, before, command.at.path, command.name === 'insert')
  return path === command.at.path ? command : { ...command, at: { path } }
}

/** Where a place of a body is in a newer one; `gap` for one between entries. */
function placeIn(after: Json, before: Json, path: string, gap: boolean): string {
  const parts = tokens(path)
  const found: string[] = []
  for (const [depth, token] of parts.entries()) {
    const [old, now] = [get(before, pointer(parts.slice(0, depth))), get(after, pointer(found))]
    if (!Array.isArray(old) || !Array.isArray(now) || equal(old, now)) {
      found.push(token)
      continue
    }
    const places = aligned(old, now)
    const at = gap && depth === parts.length - 1 ? gapIn(places, Number(token)) : places.indexOf(Number(token))
    if (at < 0) return path
    found.push(String(at))
  }
  return pointer(found)
}

/** After the entry that it stood after, or the last one before that is there still. */
function gapIn(places: readonly (number | null)[], index: number): number {
  for (let before = index - 1; before >= 0; before--) {
    const place = places.indexOf(before)
    if (place >= 0) return place + 1
  }
  return 0
}
