/** Random commands for property tests: of any kind, at any place of a document. */
import type { Chance } from '../../test/random'
import type { Command } from '../commands'
import type { Document } from '../document'
import { get, isObject, type Json } from '../json'

/** A command that fits the document as it is now; null where the dice fell on none. */
export function randomCommand({ id: item, body }: Pick<Document, 'id' | 'body'>, random: Chance): Command | null {
  const places = [...placesIn(body)]
  if (places.length === 0) return null
  const path = random.pick(places)
  const value = get(body, path) ?? null
  const inList = Array.isArray(get(body, path.slice(0, path.lastIndexOf('/'))))
  switch (random.int(5)) {
    case 0:
      return { name: 'set', item, at: { path }, value: randomText(random), was: value }
    case 1:
      return { name: 'remove', item, at: { path }, was: value }
    case 2:
      return inList ? { name: 'insert', item, at: { path }, value: { title: `new ${random.int(9)}` } } : null
    case 3:
      return inList ? { name: 'move', item, at: { path }, to: random.int(3), was: value } : null
    default: {
      const member = `${path}/new${random.int(4)}x`
      const isNew = isObject(value) && get(body, member) === undefined
      return isNew ? { name: 'set', item, at: { path: member }, value: random.int(9) } : null
    }
  }
}

const TEXTS = ['plain', 'yes', '12', 'a: b', '# no note', "it's", 'two\nlines', ' edges ', '{slot}', '', '- dash', 'ein "Wort" – ü']

export function randomText(random: Chance): string {
  return random.pick(TEXTS)
}

function* placesIn(value: Json, path = ''): Generator<string> {
  if (path !== '') yield path
  if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* placesIn(item, `${path}/${i}`)
  else if (isObject(value)) for (const [key, item] of Object.entries(value)) yield* placesIn(item, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
}
