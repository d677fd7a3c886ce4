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

/** What the user would say: without the marks of entities. */
export function plain(text: string): string {
  return text.replaceAll(/\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})/g, '$1')
}

/** Places of examples that say the same as an earlier one. */
export function duplicates(examples: readonly ExampleView[]): ReadonlySet<number> {
  const seen = new Set<string>()
  const found = new Set<number>()
  for (const [place, { text }] of examples.entries()) {
    const key = plain(text).toLowerCase().replaceAll(/\s+/g, ' ').trim()
    if (key !== '' && seen.has(key)) found.add(place)
    seen.add(key)
  }
  return found
}

/** The entities that a text marks. */
export function entitiesIn(text: string): string[] {
  return [...text.matchAll(/\[[^\]]+\](?:\((\w+)[^)]*\)|\{[^}]*"entity"\s*:\s*"([^"]+)"[^}]*\})/g)].map((match) => match[1] ?? match[2] ?? '')
}
