import { describe, expect, it } from 'vitest'
import { join, joinable, lostWith } from './joining'
import { DocumentStore } from './store'
import { TestServer } from './testing/server'
import type { Command } from './commands'

const label = { name: 'edit-text', arguments: {} }
const set = (path: string, value: string, was: string): Command => ({ name: 'set', item: 'a', at: { path }, value, was })
const quiet = () => new Promise((resolve) => setTimeout(resolve))

async function crossed() {
  const server = new TestServer('response')
  server.put('a', [{ text: 'Hello', id: 'one' }])
  const store = new DocumentStore('desk', { server })
  await store.open('a')
  server.put('a', [{ text: 'Welcome', id: 'one' }])
  store.run([set('/0/text', 'Good morning', 'Hello')], label)
  store.run([set('/0/id', 'two', 'one')], label)
  await quiet()
  await quiet()
  return { server, store }
}

describe('a text written of two', () => {
  it('stands over both, and keeps what else this person changed', async () => {
    const { server, store } = await crossed()
    const conflict = store.state.getState().conflicts['a']
    expect(conflict && joinable(conflict)).toBe(true)
    expect(lostWith(store.state.getState(), 'a')).toBe(1)
    join(store, 'a', 'Good morning and welcome')
    for (let i = 0; i < 6; i++) await quiet()
    expect(server.head('a').body).toEqual([{ text: 'Good morning and welcome', id: 'two' }])
    expect(store.state.getState().conflicts).toEqual({})
    expect(store.unsaved).toBe(false)
  })

  it('that is the own one after all leaves no change of its own', async () => {
    const { server, store } = await crossed()
    const before = server.requests.length
    join(store, 'a', 'Good morning')
    for (let i = 0; i < 6; i++) await quiet()
    expect(server.head('a').body).toEqual([{ text: 'Good morning', id: 'two' }])
    expect(server.requests.length - before).toBe(2)
  })
})
