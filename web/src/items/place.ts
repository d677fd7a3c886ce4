/** Where in an item something is, as people say it: "step 3, branch 1, next" for /steps/2/next/0. Pure. */
import { tokens } from '../documents'
import { words } from './words'

/** The key of a step without an id of its own. */
const WORKING_KEY = /-[0-9a-f]{8,}$/

/** Lists whose entries have a name of their own; entries of any other list go without their number. */
const ENTRY: Readonly<Record<string, (number: number) => string>> = {
  steps: words.place.step,
  then: words.place.step,
  else: words.place.step,
  next: words.place.branch,
  rejections: words.place.rule,
  examples: words.place.example,
  buttons: words.place.button,
  mappings: words.place.mapping,
  condition: words.place.condition,
  values: words.place.value,
}
const STEP_LISTS = new Set(['steps', 'then', 'else'])

export function placeInWords(kind: string | null, step: string | null, path: string): string {
  const way = tokens(path)
  const named = step !== null && !WORKING_KEY.test(step)
  const last = way.findLastIndex((part, i) => /^\d+$/.test(part) && STEP_LISTS.has(way[i - 1] ?? ''))
  const from = named ? last + 1 : 0
  const said = way.slice(from).flatMap((part, i) => partInWords(kind, way, from + i, part))
  return [...(named ? [words.place.stepNamed(step)] : []), ...said].join(', ')
}

function partInWords(kind: string | null, way: readonly string[], i: number, part: string): string[] {
  if (!/^\d+$/.test(part)) {
    const counted = ENTRY[part] !== undefined && /^\d+$/.test(way[i + 1] ?? '')
    return counted ? [] : [part.replaceAll('_', ' ')]
  }
  const entry = i === 0 && kind === 'response' ? words.place.variation : ENTRY[way[i - 1] ?? '']
  return entry === undefined ? [] : [entry(Number(part) + 1)]
}
