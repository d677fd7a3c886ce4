import { describe, expect, it } from 'vitest'
import { nameIn, segmentOf } from './segments'

describe('a name in an address', () => {
  it('stands there as it is', () => {
    for (const name of ['order_tea', 'a.b', '...', '~home', 'prompts/hello.jinja2']) expect(segmentOf(name)).toBe(name)
  })

  it('is marked where it would vanish, so that each name has an address of its own', () => {
    const names = ['', '.', '..', '~', '~.', '~..', '~~', '~~..', '...', '~home']
    const segments = names.map(segmentOf)
    expect(segments.map(nameIn)).toEqual(names)
    expect(new Set(segments).size).toBe(names.length)
    for (const segment of segments) expect(new URL(`/flows/${segment}`, 'http://studio').pathname).toBe(`/flows/${segment}`)
  })
})
