/** What tests of several tabs share: a browser with its tabs, and the small texts they change. */
import type { Command } from '../commands'
import type { Json } from '../json'
import type { News } from '../news'
import type { DocumentStore } from '../store'
import type { Join } from '../tabs'
import { TestServer } from './server'

export const label = { name: 'edit', arguments: {} }
export const text = (item: string, value: string, was: string): Command => ({ name: 'set', item, at: { path: '/0/text' }, value, was })
export const bodyOf = (store: DocumentStore, item = 'a') => store.state.getState().documents[item]?.body
export const said = (value: string): Json => [{ text: value }]

/** Tabs of one browser: the first one leads, and what one tells reaches the others as a copy. */
export function browser(): { join: Join; leave: () => void } {
  const members: { hear: (news: News) => void; lead: () => void }[] = []
  const join: Join = (hear, lead) => {
    const self = { hear, lead }
    members.push(self)
    if (members[0] === self) lead()
    const tell = (news: News) => {
      for (const other of members) if (other !== self) other.hear(structuredClone(news))
    }
    return { tell }
  }
  const leave = () => {
    members.shift()
    members[0]?.lead()
  }
  return { join, leave }
}

export async function quiet(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

export function server(): TestServer {
  const made = new TestServer('response')
  made.put('a', said('Hello'))
  made.put('b', said('Bye'))
  return made
}
