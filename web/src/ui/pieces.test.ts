import { describe, expect, it } from 'vitest'
import { pieces } from './pieces'

describe('the names in a sentence', () => {
  it('are told from the words around them', () => {
    expect(pieces('`a` is no `b`.').filter(({ isName }) => isName).map(({ text }) => text)).toEqual(['a', 'b'])
  })

  it('stay names where one of them is empty', () => {
    expect(pieces('`` can’t be an id: use `_`.').map(({ text, isName }) => (isName ? `<${text}>` : text)).join('')).toBe('<> can’t be an id: use <_>.')
  })
})
