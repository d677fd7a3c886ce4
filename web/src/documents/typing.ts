/** Typing: keystrokes at one place that make one change. Pure. */
import type { Change } from './changes'
import type { Command, Label } from './commands'
import { equal } from './json'

/** A label as the history says it within a sentence: "edit response utter_greet". */
export function inWords({ name, arguments: about }: Label): string {
  return [name.replaceAll('-', ' '), about['kind'], about['name']].filter((word) => typeof word === 'string').join(' ')
}

/** Whether a keystroke goes on where the last one was. */
export function samePlace(a: Command | undefined, b: Command): boolean {
  if (a === undefined || a.item !== b.item || a.name !== b.name) return false
  if (a.name === 'set' && b.name === 'set') return a.at.step === b.at.step && a.at.path === b.at.path
  return a.name === 'source' && b.name === 'source' && a.part === b.part
}

/** The same change with the newer text, still remembering what stood there before the first keystroke. */
export function retyped(change: Change, command: Command, label: Label): Change {
  const first = change.commands[0]
  if (first?.name === 'set' && command.name === 'set') {
    const { was: _was, ...rest } = command
    return { ...change, label, commands: [first.was === undefined ? rest : { ...rest, was: first.was }] }
  }
  if (first?.name === 'source' && command.name === 'source') return { ...change, label, commands: [{ ...command, was: first.was }] }
  return { ...change, label, commands: [command] }
}

/** Whether a command leaves its place as it was. */
export function changesNothing(command: Command): boolean {
  if (command.name === 'set') return equal(command.value, command.was)
  return command.name === 'source' && command.source === command.was
}
