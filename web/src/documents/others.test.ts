import { describe, expect, it } from 'vitest'
import type { Problem } from '../api'
import { DocumentStore } from './store'
import { TestServer } from './testing/server'

async function opened(...ids: string[]): Promise<{ server: TestServer; store: DocumentStore }> {
  const server = new TestServer('flow')
  const store = new DocumentStore('assistant', { server })
  for (const id of ids) {
    server.put(id, { steps: [] })
    await store.open(id)
  }
  return { server, store }
}

const revision = (store: DocumentStore, id: string) => store.state.getState().documents[id]?.revision

describe('what others change', () => {
  it('is loaded at once where it is shown, and the rest when it is opened next', async () => {
    const { server, store } = await opened('a', 'b')
    for (const id of ['a', 'b']) server.put(id, { steps: [1] })
    await store.others.changed([{ id: 'a' }, { id: 'b' }], (id) => id === 'a')
    expect([revision(store, 'a'), revision(store, 'b')]).toEqual([2, 1])
    await store.open('b')
    expect(revision(store, 'b')).toBe(2)
  })

  it('is loaded at once where a canvas may show it: a response has no page of its own there', async () => {
    const server = new TestServer('response')
    const store = new DocumentStore('assistant', { server })
    server.put('r', [{ text: 'First' }])
    await store.open('r')
    server.put('r', [{ text: 'Second' }])
    await store.others.changed([{ id: 'r' }], () => false)
    expect(store.state.getState().documents['r']?.body).toEqual([{ text: 'Second' }])
  })

  it('is loaded once more where an older answer was on its way', async () => {
    const { server, store } = await opened('a')
    const read = server.item.bind(server)
    let readOnce: (() => void) | undefined
    let answer: (() => void) | undefined
    const isRead = new Promise<void>((done) => (readOnce = done))
    const held = new Promise<void>((done) => (answer = done))
    server.item = async (id) => {
      const item = await read(id)
      readOnce?.()
      await held
      return item
    }
    server.put('a', { steps: [1] })
    const first = store.others.changed([{ id: 'a' }])
    await isRead
    server.put('a', { steps: [2] })
    const second = store.others.changed([{ id: 'a' }])
    answer?.()
    await Promise.all([first, second])
    expect(revision(store, 'a')).toBe(3)
  })

  it('is shown as deleted where it is gone', async () => {
    const { server, store } = await opened('a')
    server.revisions.delete('a')
    await store.others.changed([{ id: 'a' }])
    expect(store.state.getState().documents['a']?.deleted).toBe(true)
  })

  it('is shown as deleted at once where that is told', async () => {
    const { store } = await opened('a')
    await store.others.changed([{ id: 'a', deleted: true }])
    expect(store.state.getState().documents['a']?.deleted).toBe(true)
  })

  it('makes flows be read again where an item is new here that they may name', async () => {
    const { server, store } = await opened('a')
    server.put('a', { steps: [2] })
    await store.others.changed([{ id: 'a response that came back' }])
    expect(revision(store, 'a')).toBe(2)
  })

  it('is all read again after facts were missed', async () => {
    const { server, store } = await opened('a', 'b')
    for (const id of ['a', 'b']) server.put(id, { steps: [3] })
    await store.others.changedAll()
    expect([revision(store, 'a'), revision(store, 'b')]).toEqual([2, 2])
  })
})

it('problems of the whole assistant show at the items that they belong to, and go', async () => {
  const { store } = await opened('a', 'b')
  const problem = { key: 'k', code: 'unknown-response', severity: 'error', message: 'There is no response', item: 'a' } as Problem
  store.found([problem])
  expect(store.state.getState().documents['a']?.problems).toEqual([problem])
  expect(store.state.getState().documents['b']?.problems).toEqual([])
  store.found([])
  expect(store.state.getState().documents['a']?.problems).toEqual([])
})
