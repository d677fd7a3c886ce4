import { describe, expect, it } from 'vitest'
import { ApiError } from '../api'
import { memoryQueue } from './queue'
import { moving } from './state'
import { DocumentStore } from './store'
import type { TestServer } from './testing/server'
import { browser, label, quiet, said, server, text } from './testing/tabs'

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

  it('is looked at once more where the answer was lost', async () => {
    const content = server()
    const queue = memoryQueue()
    const before = new DocumentStore('assistant', { server: content, queue })
    await before.open('a')
    content.put('a', said('Theirs'))
    before.run([text('a', 'Mine', 'Hello')], label)
    await quiet()

    let lost = true
    const item: TestServer['item'] = (id) => (lost ? Promise.reject(new ApiError(0, 'offline', '', '')) : content.item(id))
    const reading = { item, change: content.change.bind(content), builtin: content.builtin.bind(content) }
    const after = new DocumentStore('assistant', { server: reading, queue, join: () => ({ tell: () => undefined }) })
    await quiet()
    expect(after.state.getState().conflicts).toEqual({})
    lost = false
    after.tryNow()
    await quiet()
    expect(after.state.getState().conflicts['a']?.mine.body).toEqual(said('Mine'))
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

  it('doesn’t hold up the change that came before it, whose answer was lost with its tab', async () => {
    const content = server()
    const { join, leave } = browser()
    const queue = memoryQueue()
    const lost: TestServer['change'] = async (request) => {
      await content.change(request)
      return new Promise(() => undefined)
    }
    const first = new DocumentStore('assistant', { server: { item: content.item.bind(content), change: lost, builtin: async () => undefined }, queue, join })
    const second = new DocumentStore('assistant', { server: content, queue, join })
    await Promise.all([first.open('a'), second.open('a')])
    first.type(text('a', 'First', 'Hello'), label)
    second.type(text('a', 'Second', 'Hello'), label)
    first.settle()
    await quiet()
    second.settle()
    await quiet()
    leave()
    await quiet()
    expect([content.revision('a'), content.head('a').body]).toEqual([2, said('First')])
    const third = new DocumentStore('assistant', { server: content, queue, join })
    await quiet()
    for (const store of [second, third]) {
      const conflict = store.state.getState().conflicts['a']
      expect([conflict?.mine.body, conflict?.theirs.body]).toEqual([said('Second'), said('First')])
    }
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

describe('a right that was taken', () => {
  it('keeps what was changed until it is given back, or the person lets it go', async () => {
    const content = server()
    const store = new DocumentStore('assistant', { server: content })
    await store.open('a')
    content.failures.push(new ApiError(404, 'not-found', 'There is no such assistant', ''))
    store.run([text('a', 'Hi', 'Hello')], label)
    await quiet()
    expect(store.state.getState()).toMatchObject({ connection: 'barred', documents: { a: { body: said('Hi') } } })
    content.failures.push(new ApiError(403, 'forbidden', 'You may not', ''))
    store.tryNow()
    await quiet()
    expect(store.state.getState().connection).toBe('barred')
    store.tryNow()
    await quiet()
    expect(content.head('a').body).toEqual(said('Hi'))
    expect(store.state.getState().connection).toBe('online')

    content.failures.push(new ApiError(403, 'forbidden', 'You may not', ''))
    store.run([text('a', 'Hey', 'Hi')], label)
    await quiet()
    await store.sender.discard()
    expect(store.state.getState()).toMatchObject({ connection: 'online', documents: { a: { body: said('Hi') } }, pending: [] })
  })
})
