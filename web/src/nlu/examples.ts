/** Reading an intent's examples: texts with entities marked as [value](entity). */
import { isObject, type Json } from '../documents'

export interface ExampleView {
  text: string
  /** The path of its text inside the example: '' for a plain one, '/text' for one with metadata. */
  inner: '' | '/text'
}

export function examplesOf(body: Json): ExampleView[] {
  const examples = isObject(body) ? body['examples'] : null
  if (!Array.isArray(examples)) return []
  return examples.map((example) => (isObject(example) ? { text: String(example['text'] ?? ''), inner: '/text' } : { text: String(example), inner: '' }))
}

/** Whether an example is there and says nothing. */
export function isBlank(example: ExampleView | undefined): boolean {
  return example?.text.trim() === ''
}

const MARK = /\[([^\]]+)\](?:\(([^)]*)\)|\{([^}]*)\})/g

/** What the user would say: without the marks of entities. */
export function plain(text: string): string {
  return text.replaceAll(MARK, '$1')
}

export interface Mark {
  /** The words that are marked. */
  value: string
  entity: string
  /** Where the mark stands in the text, brackets and all. */
  from: number
  to: number
}

/** The entities that a text marks, in both notations. */
export function marksIn(text: string): Mark[] {
  return [...text.matchAll(MARK)].flatMap((match) => {
    const entity = match[2] === undefined ? /"entity"\s*:\s*"([^"]+)"/.exec(match[3] ?? '')?.[1] : /^\w+/.exec(match[2])?.[0]
    return entity === undefined ? [] : [{ value: match[1] ?? '', entity, from: match.index, to: match.index + match[0].length }]
  })
}

/** A text cut where its marks begin and end: what is said, and the entity that it is marked as. */
export function piecesOf(text: string): { said: string; entity: string | null }[] {
  const pieces: { said: string; entity: string | null }[] = []
  let at = 0
  for (const { value, entity, from, to } of marksIn(text)) {
    if (from > at) pieces.push({ said: text.slice(at, from), entity: null })
    pieces.push({ said: value, entity })
    at = to
  }
  if (at < text.length) pieces.push({ said: text.slice(at), entity: null })
  return pieces
}

/** What a selection would mark: without the spaces at its ends; null for nothing, or where brackets stand in the way. */
export function markable(text: string, from: number, to: number): { from: number; to: number } | null {
  const chosen = text.slice(from, to)
  const start = from + chosen.length - chosen.trimStart().length
  const end = to - (chosen.length - chosen.trimEnd().length)
  const free = marksIn(text).every((mark) => mark.to <= start || mark.from >= end)
  return start < end && free && !/[[\]]/.test(text.slice(start, end)) ? { from: start, to: end } : null
}

/** The text with a stretch of it marked as an entity. */
export function marked(text: string, { from, to }: { from: number; to: number }, entity: string): string {
  return `${text.slice(0, from)}[${text.slice(from, to)}](${entity})${text.slice(to)}`
}

/** The text without one of its marks. */
export function unmarked(text: string, { from, to, value }: Mark): string {
  return text.slice(0, from) + value + text.slice(to)
}

/** `same`: what an earlier one says; `near`: but for signs, accents and the order of words. */
export type Doubled = 'same' | 'near'

/** Places of examples that say what an earlier one says already. */
export function duplicates(examples: readonly ExampleView[]): ReadonlyMap<number, Doubled> {
  const seen = new Set<string>()
  const close = new Set<string>()
  const found = new Map<number, Doubled>()
  for (const [place, { text }] of examples.entries()) {
    const key = plain(text).toLowerCase().replaceAll(/\s+/g, ' ').trim()
    const words = key.normalize('NFD').replaceAll(/[^\p{L}\p{N}\s]/gu, '').split(/\s+/).toSorted().join(' ').trim()
    if (key !== '' && seen.has(key)) found.set(place, 'same')
    else if (words !== '' && close.has(words)) found.set(place, 'near')
    seen.add(key)
    close.add(words)
  }
  return found
}
