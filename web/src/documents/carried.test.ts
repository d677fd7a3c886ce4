import { beforeEach, afterEach, expect, it, vi } from 'vitest'
import { ApiError } from '../api'
import type { Command } from './commands'
import { get, type Json } from './json'
import { DocumentStore, TYPING_PAUSE } from './store'
import { TestServer } from './testing/server'

const label = { name: 'edit', arguments: {} }
const set = (path: string, value: Json, was: Json): Command => ({ name: 'set', item: 'a', at: { path }, value, was })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

async function opened(examples: Json[]): Promise<{ server: TestServer; store: DocumentStore; theirs: (now: Json[]) => Promise<void> }> {
  const server = new TestServer('intent')
  server.put('a', { examples })
  const store = new DocumentStore('assistant', { server })
  await store.open('a')
  const theirs = (now: Json[]) => {
    server.put('a', { examples: now })
    return store.others.changed([{ id: 'a' }])
  }
  return { server, store, theirs }
}

const shown = (store: DocumentStore) => get(store.state.getState().documents['a']?.body ?? null, '/examples')
const saved = (server: TestServer) => get(server.head('a').body, '/examples')

it('what is being typed stays with its entry when others remove and insert around it', async () => {
  const { server, store, theirs } = await opened(['one', 'two', 'three'])
  store.type(set('/examples/2', 'three and', 'three'), label)
  await theirs(['two', 'three'])
  expect(shown(store)).toEqual(['two', 'three and'])
  store.type(set('/examples/1', 'three and more', 'three and'), label)
  await theirs(['new', 'two', 'three', 'last'])
  expect(shown(store)).toEqual(['new', 'two', 'three and more', 'last'])
  await vi.advanceTimersByTimeAsync(TYPING_PAUSE)
  expect(saved(server)).toEqual(['new', 'two', 'three and more', 'last'])
  expect(store.state.getState().conflicts).toEqual({})
  expect(store.undo()).toBe(true)
  expect(shown(store)).toEqual(['new', 'two', 'three', 'last'])
})

it('changes of one list that wait for each other are all carried over, also inside of an entry', async () => {
  const { server, store, theirs } = await opened(['one', { text: 'two' }, 'three'])
  server.failures.push(new ApiError(503, 'away', 'There is no network', ''))
  store.run([{ name: 'insert', item: 'a', at: { path: '/examples/2' }, value: 'new' }], label)
  store.run([set('/examples/1/text', 'TWO', 'two')], label)
  store.run([{ name: 'remove', item: 'a', at: { path: '/examples/3' }, was: 'three' }], label)
  await vi.advanceTimersByTimeAsync(0)
  expect(server.requests).toHaveLength(1)
  await theirs([{ text: 'two' }, 'three', 'four'])
  store.tryNow()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(saved(server)).toEqual([{ text: 'TWO' }, 'new', 'four'])
})

it('what stands in an entry that somebody else removed is not put into another one unasked', async () => {
  const { server, store, theirs } = await opened(['one', 'two', 'three'])
  store.type(set('/examples/1', 'two and', 'two'), label)
  await theirs(['one', 'three'])
  await vi.advanceTimersByTimeAsync(TYPING_PAUSE)
  expect(saved(server)).toEqual(['one', 'three'])
  expect(store.state.getState().conflicts['a']).toBeDefined()
})
