import { describe, expect, it } from 'vitest'
import { ApiError } from '../api'
import type { Command } from './commands'
import type { Json } from './json'
import type { News } from './news'
import { memoryQueue, type ChangeQueue } from './queue'
import { moving } from './state'
import { DocumentStore } from './store'
import type { Join } from './tabs'
import { TestServer } from './testServer'

const label = { name: 'edit', arguments: {} }
const text = (item: string, value: string, was: string): Command => ({ name: 'set', item, at: { path: '/0/text' }, value, was })
const bodyOf = (store: DocumentStore, item = 'a') => store.state.getState().documents[item]?.body
const said = (value: string): Json => [{ text: value }]

/** Tabs of one browser: the first one leads, and what one tells reaches the others as a copy. */
function browser(): { join: Join; leave: () => void } {
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

async function quiet(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

function server(): TestServer {
  const made = new TestServer('response')
  made.put('a', said('Hello'))
  made.put('b', said('Bye'))
  return made
}

describe('a page that is loaded again', () => {
  it('shows what was not sent, and sends it once under its old id', async () => {
    const content = server()
    const queue = memoryQueue()
    const offline = Array.from({ length: 3 }, () => new ApiError(0, 'offline', '', ''))
    content.failures.push(...offline)
    const before = new DocumentStore('assistant', { server: content, queue, join: () => ({ tell: () => undefined }) })
    await before.open('a')
    const change = before.run([text('a', 'Hi', 'Hello')], label)
    await quiet()
    content.failures.length = 0

    const after = new DocumentStore('assistant', { server: content, queue })
    await quiet()
    expect(content.requests.map((request) => request.id)).toEqual([change?.id])
    await after.open('a')
    expect(bodyOf(after)).toEqual(said('Hi'))
    expect(after.unsaved).toBe(false)
    expect(await queue.read()).toEqual([])
  })

  it('repeats to the letter what was sent without an answer, so that it is written once', async () => {
    const content = server()
    const queue = memoryQueue()
    const lost: TestServer['change'] = async (request) => {
      await content.change(request)
      throw new ApiError(0, 'offline', '', '')
    }
    const before = new DocumentStore('assistant', { server: { item: (id) => content.item(id), builtin: async () => undefined, change: lost }, queue })
    await before.open('a')
    before.run([{ name: 'insert', item: 'a', at: { path: '/1' }, value: { text: 'Hi' } }], label)
    await quiet()
    expect(content.revision('a')).toBe(2)

    const held = new DocumentStore('assistant', { server: content, queue, join: () => ({ tell: () => undefined }) })
    await held.open('a')
    expect(bodyOf(held)).toEqual([{ text: 'Hello' }, { text: 'Hi' }])
    const after = new DocumentStore('assistant', { server: content, queue })
    await quiet()
    expect(content.revision('a')).toBe(2)
    expect(content.requests[1]).toEqual(content.requests[0])
    expect(after.unsaved).toBe(false)
  })

  it('still has the text that the server could not read', async () => {
    const content = server()
    const queue = memoryQueue()
    const before = new DocumentStore('assistant', { server: content, queue })
    await before.open('a')
    content.failures.push(new ApiError(422, 'invalid-edit', 'The text can’t be read', 'A bracket is missing'))
    before.run([{ name: 'source', item: 'a', part: 0, source: '[{', was: JSON.stringify(said('Hello')) }], label)
    await quiet()
    const after = new DocumentStore('assistant', { server: content, queue })
    await quiet()
    expect(after.state.getState().drafts['a/0']?.source).toBe('[{')
    after.discardDraft('a/0')
    expect(await queue.readDrafts()).toEqual({})
  })
})

describe('two tabs', () => {
  it('show each other’s changes at once, and one of them sends all', async () => {
    const content = server()
    const { join } = browser()
    const queue = memoryQueue()
    const [first, second] = [1, 2].map(() => new DocumentStore('assistant', { server: content, queue, join })) as [DocumentStore, DocumentStore]
    await Promise.all([first.open('a'), second.open('a'), second.open('b')])
    second.run([text('b', 'See you', 'Bye')], label)
    second.run([text('a', 'Hi', 'Hello')], label)
    await quiet()
    expect(content.requests).toHaveLength(2)
    expect(bodyOf(first)).toEqual(said('Hi'))
    expect([content.head('b').body, content.head('a').body]).toEqual([said('See you'), said('Hi')])
    expect(second.unsaved || first.unsaved).toBe(false)
    expect(second.undo()).toBe(true)
    await quiet()
    expect(content.head('a').body).toEqual(said('Hello'))
    expect(bodyOf(first)).toEqual(said('Hello'))
  })

  it('lose nothing when the one that sends is closed', async () => {
    const content = server()
    const { join, leave } = browser()
    const queue = memoryQueue()
    const closed: ChangeQueue = { ...queue, put: () => new Promise(() => undefined) }
    const first = new DocumentStore('assistant', { server: content, queue: closed, join })
    const second = new DocumentStore('assistant', { server: content, queue, join })
    await Promise.all([first.open('b'), second.open('a')])
    content.failures.push(...Array.from({ length: 9 }, () => new ApiError(503, 'busy', '', '')))
    second.run([text('a', 'Hi', 'Hello')], label)
    await quiet()
    expect(second.unsaved).toBe(true)
    content.failures.length = 0
    leave()
    await quiet()
    expect(content.head('a').body).toEqual(said('Hi'))
    expect(second.unsaved).toBe(false)
  })

  it('that type the same text both show both, and a choice in either ends it', async () => {
    const content = server()
    const { join } = browser()
    const queue = memoryQueue()
    const [first, second] = [1, 2].map(() => new DocumentStore('assistant', { server: content, queue, join })) as [DocumentStore, DocumentStore]
    await Promise.all([first.open('a'), second.open('a')])
    first.type(text('a', 'First', 'Hello'), label)
    second.type(text('a', 'Second', 'Hello'), label)
    first.settle()
    await quiet()
    second.settle()
    await quiet()
    for (const store of [first, second]) {
      const conflict = store.state.getState().conflicts['a']
      expect([conflict?.mine.body, conflict?.theirs.body]).toEqual([said('Second'), said('First')])
    }
    first.choose('a', 'mine')
    await quiet()
    expect(content.head('a').body).toEqual(said('Second'))
    for (const store of [first, second]) expect([bodyOf(store), store.unsaved, store.state.getState().conflicts]).toEqual([said('Second'), false, {}])
  })
})

describe('a change that no longer fits', () => {
  it('is not sent again by the next page, and each of its tabs offers the choice', async () => {
    const content = server()
    const queue = memoryQueue()
    const before = new DocumentStore('assistant', { server: content, queue })
    await before.open('a')
    content.put('a', said('Theirs'))
    before.run([text('a', 'Mine', 'Hello')], label)
    await quiet()
    expect(content.requests).toHaveLength(1)

    const { join } = browser()
    const tabs = [1, 2].map(() => new DocumentStore('assistant', { server: content, queue, join }))
    await quiet()
    for (const store of tabs) expect(store.state.getState().conflicts['a']?.mine.body).toEqual(said('Mine'))
    expect(content.requests).toHaveLength(1)
  })

  it('shows in a tab that has not opened its item', async () => {
    const content = server()
    const { join } = browser()
    const queue = memoryQueue()
    const [first, second] = [1, 2].map(() => new DocumentStore('assistant', { server: content, queue, join })) as [DocumentStore, DocumentStore]
    await first.open('a')
    content.put('a', said('Theirs'))
    first.run([text('a', 'Mine', 'Hello')], label)
    await quiet()
    expect(second.state.getState().conflicts['a']?.theirs.body).toEqual(said('Theirs'))
  })

  it('holds up no change of another item', async () => {
    const content = server()
    const store = new DocumentStore('assistant', { server: content })
    await Promise.all([store.open('a'), store.open('b')])
    content.put('a', said('Theirs'))
    store.run([text('a', 'Mine', 'Hello')], label)
    await quiet()
    store.run([text('b', 'See you', 'Bye')], label)
    await quiet()
    expect(content.head('b').body).toEqual(said('See you'))
    expect(moving(store.state.getState())).toEqual([])
    expect(store.unsaved).toBe(true)
  })
})

describe('a sign-in that ended', () => {
  it('is asked for before anything is sent again, and nothing goes out in another person’s name', async () => {
    const content = server()
    let mine = false
    const store = new DocumentStore('assistant', { server: content, signedIn: async () => mine })
    await store.open('a')
    content.failures.push(new ApiError(403, 'csrf', '', ''))
    store.run([text('a', 'Hi', 'Hello')], label)
    await quiet()
    expect(store.state.getState().connection).toBe('signed-out')
    store.tryNow()
    await quiet()
    expect(content.requests).toHaveLength(1)
    mine = true
    store.tryNow()
    await quiet()
    expect(content.head('a').body).toEqual(said('Hi'))
    expect(store.state.getState().connection).toBe('online')
  })
})
