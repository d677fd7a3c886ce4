import { describe, expect, it } from 'vitest'
import { ApiError } from '../api'
import { memoryQueue, type ChangeQueue } from './queue'
import { DocumentStore } from './store'
import { textOf, type TestServer } from './testing/server'
import { bodyOf, browser, label, quiet, said, server, text } from './testing/tabs'

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
    before.run([{ name: 'source', item: 'a', part: 0, source: '[{', was: textOf('a', said('Hello')) }], label)
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

  it('go back to the saved text together', async () => {
    const content = server()
    const { join } = browser()
    const [first, second] = [1, 2].map(() => new DocumentStore('assistant', { server: content, join })) as [DocumentStore, DocumentStore]
    await Promise.all([first.open('a'), second.open('a')])
    content.failures.push(new ApiError(422, 'invalid-edit', 'The text can’t be read', 'A bracket is missing'))
    first.run([{ name: 'source', item: 'a', part: 0, source: '[{', was: textOf('a', said('Hello')) }], label)
    await quiet()
    const unread = () => [first, second].map((store) => Object.keys(store.state.getState().drafts))
    expect(unread()).toEqual([['a/0'], ['a/0']])
    second.discardDraft('a/0')
    expect(unread()).toEqual([[], []])
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

  it.each(['is closed', 'goes on'])('are not left with a change that was saved as another opened, whether the one that sends %s', async (then) => {
    const content = server()
    const { join, leave } = browser()
    const queue = memoryQueue()
    let forget: (() => void) | undefined
    const held = new Promise<void>((done) => (forget = done))
    const slow: ChangeQueue = { ...queue, remove: (id) => held.then(() => queue.remove(id)) }
    const first = new DocumentStore('assistant', { server: content, queue: slow, join })
    const second = new DocumentStore('assistant', { server: content, queue, join })
    await first.open('a')
    first.run([text('a', 'Hi', 'Hello')], label)
    await quiet()
    expect(content.head('a').body).toEqual(said('Hi'))
    const third = new DocumentStore('assistant', { server: content, queue, join })
    await quiet()
    if (then === 'is closed') leave()
    else forget?.()
    await quiet()
    expect([second.unsaved, third.unsaved]).toEqual([false, false])
    expect([content.revision('a'), await queue.read()]).toEqual([2, []])
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
