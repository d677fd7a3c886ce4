import { describe, expect, it } from 'vitest'
import { duplicates, entitiesIn, examplesOf, plain } from './examples'

describe('an intent’s examples', () => {
  it('are read as plain texts and as texts with metadata', () => {
    expect(examplesOf({ examples: ['hi', { text: 'hello', metadata: { by: 'me' } }] })).toEqual([
      { text: 'hi', inner: '' },
      { text: 'hello', inner: '/text' },
    ])
    expect(examplesOf({ examples: null })).toEqual([])
  })

  it('that say the same are found, whatever their marks, case and spaces', () => {
    const texts = ['block my [card](card)', 'Block  my card', 'block it'].map((text) => ({ text, inner: '' as const }))
    expect([...duplicates(texts)]).toEqual([1])
  })

  it('name their entities in both notations', () => {
    expect(entitiesIn('from [Berlin](city) to [Rome]{"entity": "city", "role": "to"}')).toEqual(['city', 'city'])
    expect(plain('from [Berlin](city)')).toBe('from Berlin')
  })
})
