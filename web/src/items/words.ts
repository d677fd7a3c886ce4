/** The words of what can be done with an item as a whole. */
import { called, lookOf } from '../ui/kinds'

const one = (kind: string) => lookOf(kind).one.toLowerCase()

const BREAKS: Readonly<Record<string, string>> = {
  flow: 'Calls and links to it lead nowhere then.',
  response: 'The assistant has nothing to say there then.',
  slot: 'Questions, conditions and texts that need it don’t work then.',
  action: 'Steps that run it do nothing then.',
}

export const words = {
  more: (name: string) => `More for ${called(name)}`,
  rename: 'Rename',
  renameTitle: (kind: string, name: string) => `Rename the ${one(kind)} ${called(name)}`,
  renameHint: 'Every place below is changed with it.',
  renamed: (was: string, to: string) => `Renamed ${called(was)} to ${to}`,
  duplicate: 'Duplicate',
  duplicateTitle: (kind: string, name: string) => `Duplicate the ${one(kind)} ${called(name)}`,
  copyOf: (name: string) => `${name}_copy`,
  delete: 'Delete',
  deleteOf: (name: string) => `Delete ${called(name)}`,
  deleteTitle: (kind: string, name: string) => `Delete the ${one(kind)} ${called(name)}?`,
  deleted: 'Deleted',
  breaks: (kind: string) => BREAKS[kind] ?? 'The places below miss it then.',
  untilMended: 'Each of these places becomes a problem, which the list of problems shows. What is deleted comes back with Undo, or from the history.',
  builtin: 'If it replaces a built-in pattern, that one is in force again.',
  whereUsed: (name: string) => `Where ${called(name)} is used`,
  deleteAnyway: 'Delete it all the same',
  name: (kind: string) => (kind === 'flow' ? 'Id' : 'Name'),
  cancel: 'Cancel',
  undo: 'Undo',
  ruleOfFlow: 'Begins with a letter; letters, digits, - and _ after it.',
  noSpaces: 'A name without spaces.',
  taken: (kind: string) => `There is already a ${one(kind)} with this name.`,
  place: {
    stepNamed: (id: string) => `step ${id}`,
    step: (number: number) => `step ${number}`,
    branch: (number: number) => `branch ${number}`,
    rule: (number: number) => `rule ${number}`,
    example: (number: number) => `example ${number}`,
    button: (number: number) => `button ${number}`,
    mapping: (number: number) => `mapping ${number}`,
    condition: (number: number) => `condition ${number}`,
    value: (number: number) => `value ${number}`,
    variation: (number: number) => `variation ${number}`,
  },
  busy: 'This item is being changed right now. Try again.',
} as const
