import { describe, expect, it } from 'vitest'
import { ApiError } from '../api'
import type { Command } from './commands'
import { DocumentStore } from './store'
import { TestServer, textOf } from './testing/server'
import { bodyOf, label, said, server, text } from './testing/tabs'

const source = (store: DocumentStore, to: string, item = 'a'): Command => ({ name: 'source', item, part: 0, source: to, was: store.state.getState().documents[item]?.parts?.[0]?.source ?? '' })
/** The server in memory needs no time: whatever waits is answered before a timer is. */
const answered = () => new Promise((resolve) => setTimeout(resolve))
const at = (index: number) => ({ path: `/${index}` })

describe('what only the server can tell as yet', () => {
  it.each<[string, Command[]]>([
    ['of the name', [{ name: 'rename', item: 'a', to: 'c', was: 'a' }]],
    ['of the body', [text('a', 'Changed', 'Typed')]],
    ['of all of it', [{ name: 'delete', item: 'a', kind: 'response', called: 'a' }]],
  ])('the text of an item doesn’t stand in the way of an undo, where that of a later change %s is on its way', async (_what, later) => {
    const content = server()
    const store = new DocumentStore('assistant', { server: content })
    await store.open('a')
    store.run([source(store, textOf('a', said('Typed')))], label)
    await answered()
    store.run(later, label)
    await answered()
    expect([store.undo(), store.undo()]).toEqual([true, true])
    await answered()
    expect([content.head('a').name, content.head('a').body, store.unsaved]).toEqual(['a', said('Hello'), false])
    expect([store.redo(), store.redo(), store.undo(), store.undo()]).toEqual([true, true, true, true])
    await answered()
    expect([content.head('a').name, bodyOf(store), store.unsaved]).toEqual(['a', said('Hello'), false])
  })

  it('the body doesn’t either, where the undo of a later change of the text is on its way', async () => {
    const content = server()
    const store = new DocumentStore('assistant', { server: content })
    await store.open('a')
    store.run([text('a', 'Changed', 'Hello')], label)
    await answered()
    store.run([source(store, textOf('a', said('Typed')))], label)
    await answered()
    expect([store.undo(), store.undo()]).toEqual([true, true])
    await answered()
    expect([content.head('a').body, bodyOf(store), store.unsaved]).toEqual([said('Hello'), said('Hello'), false])
  })

  it('what somebody else typed still does', async () => {
    const content = server()
    const store = new DocumentStore('assistant', { server: content })
    await store.open('a')
    store.run([source(store, textOf('a', said('Typed')))], label)
    store.run([{ name: 'rename', item: 'a', to: 'c', was: 'a' }], label)
    await answered()
    content.put('a', said('Theirs'))
    expect([store.undo(), store.undo()]).toEqual([true, true])
    await answered()
    expect([content.head('a').body, store.state.getState().conflicts['a']?.theirs.body]).toEqual([said('Theirs'), said('Theirs')])
  })
})

describe('a change that the server refuses', () => {
  it('takes with it what was made on top of it, and keeps the rest, without a question', async () => {
    const refused: string[] = []
    const content = new TestServer('lookup')
    content.put('a', ['Rome', 'Oslo'])
    const store = new DocumentStore('assistant', { server: content, onRefused: (change) => refused.push(change.id) })
    await store.open('a')
    content.failures.push(new ApiError(422, 'invalid-edit', 'This change can’t be made', 'An example is a text'))
    const first = store.run([{ name: 'insert', item: 'a', at: at(0), value: { title: 'new' } }], label)
    store.run([{ name: 'insert', item: 'a', at: at(3), value: 'Paris' }], label)
    const second = store.run([{ name: 'remove', item: 'a', at: at(1), was: 'Rome' }], label)
    await answered()
    expect([store.state.getState().conflicts, refused, content.head('a').body]).toEqual([{}, [second?.id, first?.id], ['Rome', 'Oslo', 'Paris']])
    expect(bodyOf(store)).toEqual(content.head('a').body)
    expect([store.undo(), store.undo()]).toEqual([true, false])
    await answered()
    expect(content.head('a').body).toEqual(['Rome', 'Oslo'])
  })
})
