import { describe, expect, it } from 'vitest'
import { duplicates, examplesOf, markable, marked, marksIn, piecesOf, plain, unmarked } from './examples'

describe('an intent’s examples', () => {
  it('are read as plain texts and as texts with metadata', () => {
    expect(examplesOf({ examples: ['hi', { text: 'hello', metadata: { by: 'me' } }] })).toEqual([
      { text: 'hi', inner: '' },
      { text: 'hello', inner: '/text' },
    ])
    expect(examplesOf({ examples: null })).toEqual([])
  })

  it('that say the same are found, whatever their marks, case and spaces', () => {
    const texts = ['block my [card](card)', 'Block  my card', 'block it', 'My card: block!', 'Blöck it'].map((text) => ({ text, inner: '' as const }))
    expect([...duplicates(texts)]).toEqual([
      [1, 'same'],
      [3, 'near'],
      [4, 'near'],
    ])
  })

  it('name their entities in both notations', () => {
    const text = 'from [Berlin](city) to [Rome]{"entity": "city", "role": "to"}'
    expect(marksIn(text).map(({ value, entity }) => [value, entity])).toEqual([
      ['Berlin', 'city'],
      ['Rome', 'city'],
    ])
    expect(plain('from [Berlin](city)')).toBe('from Berlin')
  })

  it('are shown as what is said, piece by piece, with the entities of the marked ones', () => {
    expect(piecesOf('from [Berlin](city) to [Rome]{"entity": "city"}')).toEqual([
      { said: 'from ', entity: null },
      { said: 'Berlin', entity: 'city' },
      { said: ' to ', entity: null },
      { said: 'Rome', entity: 'city' },
    ])
    for (const text of ['', 'no mark', '[x](y)[z](w) [', 'a [b] (c) [d]{e}']) expect(piecesOf(text).map(({ said }) => said).join('')).toBe(marksIn(text).reduceRight(unmarked, text))
  })

  it('are marked where the selection is, without the spaces around it, and unmarked again', () => {
    const text = 'fly to Berlin  now'
    const stretch = markable(text, 6, 15)
    expect(stretch).toEqual({ from: 7, to: 13 })
    const after = marked(text, stretch ?? { from: 0, to: 0 }, 'city')
    expect(after).toBe('fly to [Berlin](city)  now')
    expect(marksIn(after).map((mark) => unmarked(after, mark))).toEqual([text])
  })

  it('are not marked inside or across a mark, nor where nothing is chosen', () => {
    const text = 'fly to [Berlin](city) now'
    expect([markable(text, 8, 12), markable(text, 4, 10), markable(text, 3, 4), markable(text, 0, 3)]).toEqual([null, null, null, { from: 0, to: 3 }])
  })
})
