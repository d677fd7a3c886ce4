/** What the actions on items need to know of one. */
import { words } from './words'

export interface Acted {
  id: string
  kind: string
  name: string
}

/** Kinds whose name is a name; the others are called by their file. */
const NAMED = new Set(['flow', 'response', 'slot', 'action', 'intent', 'entity', 'synonym', 'regex', 'lookup'])

export function isNamed(kind: string): boolean {
  return NAMED.has(kind)
}

/** What is wrong with a new name; null where nothing is. */
export function nameFault(kind: string, name: string): string | null {
  if (kind === 'flow') return /^[a-zA-Z][\w-]*$/.test(name) ? null : words.ruleOfFlow
  return /^\S+$/.test(name) ? null : words.noSpaces
}
