import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '../api'
import { chance } from '../test/random'
import type { Command } from './commands'
import { get, type Json } from './json'
import { DocumentStore, TYPING_PAUSE } from './store'
import { randomCommand } from './testing/commands'
import { TestServer } from './testing/server'

const label = { name: 'edit', arguments: {} }
const text = (item: string, value: string, was: string): Command => ({ name: 'set', item, at: { path: '/0/text' }, value, was })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

async function opened(body: Json = [{ text: 'Hello', buttons: [{ title: 'Yes' }] }]): Promise<{ server: TestServer; store: DocumentStore }> {
  const server = new TestServer('response')
  server.put('a', body)
  const store = new DocumentStore('assistant', { server })
  await store.open('a')
  return { server, store }
}

const quiet = () => vi.advanceTimersByTimeAsync(0)
const bodyOf = (store: DocumentStore, item = 'a') => store.state.getState().documents[item]?.body

describe('typing', () => {
  it('is one change after a pause, and the document follows at every stroke', async () => {
    const { server, store } = await opened()
    for (const word of ['Hi', 'Hi t', 'Hi there']) store.type(text('a', word, 'Hello'), label)
    expect(get(bodyOf(store) ?? null, '/0/text')).toBe('Hi there')
    await vi.advanceTimersByTimeAsync(TYPING_PAUSE - 1)
    expect(server.requests).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(server.requests).toHaveLength(1)
    expect(server.requests[0]?.edits).toEqual([
      { op: 'patch', item: 'a', revision: 1, patch: [{ op: 'replace', path: '/0/text', value: 'Hi there' }] },
    ])
    expect(store.state.getState().savedAt).not.toBeNull()
  })

  it('that ends where it began changes nothing', async () => {
    const { server, store } = await opened()
    store.type(text('a', 'Hellooo', 'Hello'), label)
    store.type(text('a', 'Hello', 'Hellooo'), label)
    store.settle()
    await quiet()
    expect(server.requests).toHaveLength(0)
    expect(store.state.getState().undo).toHaveLength(0)
  })

  it('is taken back as a whole, and the server gets its old revision back', async () => {
    const { server, store } = await opened()
    store.type(text('a', 'Bye', 'Hello'), label)
    store.settle()
    await quiet()
    expect(store.undo()).toBe(true)
    await quiet()
    expect(server.head('a').body).toEqual([{ text: 'Hello', buttons: [{ title: 'Yes' }] }])
    expect(server.requests[1]?.edits).toEqual([
      { op: 'patch', item: 'a', revision: 2, patch: [{ op: 'replace', path: '', from: { revision: 1, path: '' } }] },
    ])
    expect(store.redo()).toBe(true)
    await quiet()
    expect(get(server.head('a').body, '/0/text')).toBe('Bye')
  })
})

describe('a place that is not there yet', () => {
  it('is made with the objects around it, and goes with them', async () => {
    const { server, store } = await opened()
    for (const value of ['H', 'Ha', 'Hallo']) store.type({ name: 'set', item: 'a', at: { path: '/0/translation/de' }, value }, label)
    store.settle()
    await quiet()
    expect(server.requests).toHaveLength(1)
    expect(get(server.head('a').body, '/0/translation')).toEqual({ de: 'Hallo' })
    expect(store.undo()).toBe(true)
    expect(get(bodyOf(store) ?? null, '/0/translation')).toBeUndefined()
  })
})

describe('two people', () => {
  it('on different places of one item both keep their text without a question', async () => {
    const { server, store } = await opened()
    server.put('a', [{ text: 'Hello', buttons: [{ title: 'Sure' }] }])
    store.run([text('a', 'Good morning', 'Hello')], label)
    await quiet()
    expect(store.state.getState().conflicts).toEqual({})
    expect(server.head('a').body).toEqual([{ text: 'Good morning', buttons: [{ title: 'Sure' }] }])
  })

  it.each(['mine', 'theirs'] as const)('on the same text see both, and %s is what the person chooses', async (side) => {
    const { server, store } = await opened()
    server.put('a', [{ text: 'Welcome', buttons: [] }])
    store.run([text('a', 'Good morning', 'Hello')], label)
    await quiet()
    const conflict = store.state.getState().conflicts['a']
    expect(get(conflict?.mine.body ?? null, '/0/text')).toBe('Good morning')
    expect(get(conflict?.theirs.body ?? null, '/0/text')).toBe('Welcome')
    expect(conflict?.changes[0]?.by.name).toBe('Ada')
    store.choose('a', side)
    await quiet()
    expect(server.head('a').body).toEqual([{ text: side === 'mine' ? 'Good morning' : 'Welcome', buttons: [] }])
    expect(bodyOf(store)).toEqual(server.head('a').body)
    expect(store.unsaved).toBe(false)
  })

  it('an undo of a text that somebody else wrote over is refused', async () => {
    const { server, store } = await opened()
    store.run([text('a', 'Mine', 'Hello')], label)
    await quiet()
    server.put('a', [{ text: 'Theirs', buttons: [] }])
    await store.others.changed([{ id: 'a' }])
    expect(store.undo()).toBe(false)
    expect(get(server.head('a').body, '/0/text')).toBe('Theirs')
  })
})

describe('an undo of one certain change', () => {
  it('takes that one back and keeps what was made after it', async () => {
    const { server, store } = await opened()
    const first = store.run([text('a', 'Mine', 'Hello')], label)
    store.run([{ name: 'set', item: 'a', at: { path: '/0/buttons/0/title' }, value: 'Sure', was: 'Yes' }], label)
    await quiet()
    expect(store.undo(first?.id)).toBe(true)
    await quiet()
    expect(server.head('a').body).toEqual([{ text: 'Hello', buttons: [{ title: 'Sure' }] }])
    expect(store.undo(first?.id)).toBe(false)
    expect(store.undo()).toBe(true)
    await quiet()
    expect(server.head('a').body).toEqual([{ text: 'Hello', buttons: [{ title: 'Yes' }] }])
  })

  it('is refused where the same place was changed since', async () => {
    const { server, store } = await opened()
    const first = store.run([text('a', 'Mine', 'Hello')], label)
    store.run([text('a', 'Mine again', 'Mine')], label)
    await quiet()
    expect(store.undo(first?.id)).toBe(false)
    expect(get(server.head('a').body, '/0/text')).toBe('Mine again')
  })
})

describe('without a connection', () => {
  it('changes are kept, and sent once in order when it is back', async () => {
    const { server, store } = await opened()
    server.failures.push(new ApiError(0, 'offline', '', ''), new ApiError(503, 'busy', '', ''))
    store.run([text('a', 'One', 'Hello')], label)
    store.run([text('a', 'Two', 'One')], label)
    await quiet()
    expect(store.state.getState().connection).toBe('offline')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(store.state.getState().connection).toBe('online')
    expect(server.revision('a')).toBe(3)
    expect(get(server.head('a').body, '/0/text')).toBe('Two')
  })

  it('an ended sign-in counts as no connection', async () => {
    const { server, store } = await opened()
    server.failures.push(new ApiError(401, 'signed-out', '', ''))
    store.run([text('a', 'One', 'Hello')], label)
    await quiet()
    expect(store.state.getState().connection).toBe('signed-out')
    store.tryNow()
    await quiet()
    expect(get(server.head('a').body, '/0/text')).toBe('One')
  })

  it('a text that the server cannot read is kept as a draft with its line', async () => {
    const { server, store } = await opened()
    const problem = { key: '', code: 'yaml', severity: 'error' as const, message: 'A bracket is missing', kind: null, name: null, item: null, step: null, path: '', line: 3, fix: null }
    server.failures.push(new ApiError(422, 'invalid-edit', 'The text can’t be read', 'Line 3', [problem]))
    const was = store.state.getState().documents['a']?.parts?.[0]?.source ?? ''
    store.type({ name: 'source', item: 'a', part: 0, source: '[{', was }, label)
    store.settle()
    await quiet()
    expect(store.state.getState().drafts['a/0']).toMatchObject({ source: '[{', line: 3, detail: 'A bracket is missing' })
    expect(store.unsaved).toBe(false)
  })
})

describe('any sequence of commands', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))('undone, gives the first document and source again (seed %i)', async (seed) => {
    const start: Json = [{ text: 'Hello', buttons: [{ title: 'Yes' }, { title: 'No' }], metadata: { a: 1, b: { c: 'x' } } }, { text: 'Hi' }]
    const { server, store } = await opened(start)
    const random = chance(seed)
    let made = 0
    for (let i = 0; i < 12; i++) {
      const command = randomCommand({ id: 'a', body: bodyOf(store) ?? null }, random)
      if (command === null) continue
      if (store.run([command], label) !== null) made++
      if (random.int(2) === 0) await quiet()
    }
    await quiet()
    expect(bodyOf(store)).toEqual(server.head('a').body)
    for (let i = 0; i < made; i++) {
      expect(store.undo()).toBe(true)
      if (random.int(3) === 0) await quiet()
    }
    await quiet()
    expect(JSON.stringify(server.head('a').body)).toBe(JSON.stringify(start))
    expect(JSON.stringify(bodyOf(store))).toBe(JSON.stringify(start))
    for (let i = 0; i < made; i++) expect(store.redo()).toBe(true)
    await quiet()
    expect(bodyOf(store)).toEqual(server.head('a').body)
  })
})
