import { describe, expect, it } from 'vitest'
import { aligned } from './aligned'
import { keyedOn, type Keyed } from './rowKeys'

const letters = (text: string) => [...text]

describe('entries of a list', () => {
  it.each([
    ['stay where nothing changed', 'abc', 'abc', [0, 1, 2]],
    ['move up where one is removed', 'abcd', 'acd', [0, 2, 3]],
    ['move down where one is inserted', 'abc', 'axbc', [0, null, 1, 2]],
    ['are the same with another value at their place', 'abc', 'axc', [0, 1, 2]],
    ['are the same where one is changed and another one removed', 'abcde', 'acdx', [0, 2, 3, 4]],
    ['are the same where one is changed and another one inserted', 'abcde', 'axbcdy', [0, null, 1, 2, 3, 4]],
    ['stay around one that moved', 'abcd', 'dabc', [null, 0, 1, 2]],
    ['are told apart where two are equal', 'xayaz', 'xaaz', [0, 1, 3, 4]],
    ['are all new where as many are not there any more', 'ab', 'xyz', [null, null, null]],
    ['come and go whole', '', 'ab', [null, null]],
  ])('%s', (_, before, after, expected) => {
    expect(aligned(letters(before), letters(after))).toEqual(expected)
  })

  it('are compared by what is in them', () => {
    expect(aligned([{ text: 'a' }, { text: 'b' }], [{ text: 'b' }])).toEqual([1])
  })
})

it('keys go with their entries and are never given twice', () => {
  let held: Keyed = keyedOn({ values: [], keys: [], next: 0 }, letters('abc'))
  const seen = (text: string) => (held = keyedOn(held, letters(text))).keys
  expect(held.keys).toEqual([0, 1, 2])
  expect(seen('ac')).toEqual([0, 2])
  expect(seen('axc')).toEqual([0, 3, 2])
  expect(seen('xc!')).toEqual([3, 2, 4])
  expect(seen('xC!')).toEqual([3, 2, 4])
})
