import { describe, expect, it } from 'vitest'
import { emptyDocument, type Document } from '../documents/document'
import type { State } from '../documents'
import { itemCalled } from './itemCalled'

const A = { id: 'a', name: 'order_tea' }
const RENAMED = { id: 'a', name: 'order_a_tea' }

/** No document, or one with the name that the server gave it and the one that it has here. */
function here(server?: string, now = server, more: Partial<Document> = {}): Pick<State, 'documents' | 'bases'> {
  if (server === undefined || now === undefined) return { documents: {}, bases: {} }
  return { documents: { a: { ...emptyDocument('a', 'flow', now), ...more } }, bases: { a: emptyDocument('a', 'flow', server) } }
}

describe('the item of a name', () => {
  it('is found in the list, or here before the list has it', () => {
    expect(itemCalled('flow', 'order_tea', undefined, here(), [A])).toEqual(A)
    expect(itemCalled('flow', 'order_tea', undefined, here('order_tea'), [])).toEqual(A)
    expect(itemCalled('response', 'order_tea', undefined, here('order_tea'), [])).toBeUndefined()
  })

  it('is followed to the name that somebody else gave it, whichever is read first', () => {
    expect(itemCalled('flow', 'order_tea', 'a', here('order_tea'), [RENAMED])).toEqual(A)
    expect(itemCalled('flow', 'order_tea', 'a', here('order_a_tea'), [A])).toEqual(A)
    expect(itemCalled('flow', 'order_tea', 'a', here('order_a_tea'), [RENAMED])).toEqual(RENAMED)
    expect(itemCalled('flow', 'order_tea', 'a', here(), [RENAMED])).toEqual(RENAMED)
  })

  it('is followed at once to the name that was given here, or taken back', () => {
    expect(itemCalled('flow', 'order_tea', 'a', here('order_tea', 'order_a_tea'), [A])).toEqual(RENAMED)
    expect(itemCalled('flow', 'order_a_tea', 'a', here('order_a_tea', 'order_tea'), [RENAMED])).toEqual(A)
    expect(itemCalled('flow', 'order_a_tea', 'a', here('order_tea'), [A])).toEqual(A)
  })

  it('stays the one in the list where what is here is only old', () => {
    expect(itemCalled('flow', 'order_a_tea', 'a', here('order_tea'), [RENAMED])).toEqual(RENAMED)
  })

  it('is none where it was deleted, or where the name never meant one', () => {
    expect(itemCalled('flow', 'order_tea', 'a', here('order_tea', 'order_tea', { deleted: true }), [])).toBeUndefined()
    expect(itemCalled('flow', 'order_tea', undefined, here('order_a_tea'), [RENAMED])).toBeUndefined()
  })

  it('is another one where that has the name now', () => {
    expect(itemCalled('flow', 'order_tea', 'a', here('order_a_tea'), [RENAMED, { id: 'b', name: 'order_tea' }])).toEqual({ id: 'b', name: 'order_tea' })
  })
})
