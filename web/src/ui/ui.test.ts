import { describe, expect, it } from 'vitest'
import { wordDiff } from '../editor/diff'
import { chance } from '../test/random'
import { balanced, withApart } from './direction'
import { inOrder } from './kinds'
import { whyOf } from './marks'
import { slotRanges } from './slotRanges'
import { bytes, elapsed, plural, shortTime } from './time'

describe('times and sizes in words', () => {
  it('are the hour today, the day this week, the date before that', () => {
    const now = new Date('2026-11-25T15:00:00')
    expect(shortTime('2026-11-25T14:02:00', now)).toBe('14:02')
    expect(shortTime('2026-11-23T14:02:00', now)).toBe('Mon')
    expect(shortTime('2026-11-02T14:02:00', now)).toBe('2 Nov')
    expect(shortTime('2025-11-02T14:02:00', now)).toBe('2 Nov 2025')
  })

  it('count in the unit that fits', () => {
    expect([bytes(212), bytes(4100), bytes(38_200_000)]).toEqual(['212 B', '4.1 kB', '38 MB'])
    expect([elapsed(108_000), elapsed(9_400)]).toEqual(['1:48', '0:09'])
    expect([plural(1, 'flow'), plural(1200, 'flow')]).toEqual(['1 flow', '1,200 flows'])
  })
})

describe('counts by kind', () => {
  it('begin with flows and end with other files, without what there is none of', () => {
    expect(inOrder({ file: 2, config: 1, slot: 3, flow: 4, response: 0 })).toEqual([['flow', 4], ['slot', 3], ['config', 1], ['file', 2]])
  })
})

describe('why a work does not run', () => {
  const why = 'It has a reason.'
  const work = { waiting: null, reason: why, asleep: false }

  it.each(['running', 'succeeded', 'starting', 'stopping', 'stopped', 'cancelled'] as const)('is not told of one that is %s', (state) => {
    expect(whyOf({ ...work, state })).toBeNull()
  })

  it('is told of one that failed, sleeps or waits', () => {
    expect(whyOf({ ...work, state: 'failed' })).toBe(why)
    expect(whyOf({ ...work, state: 'stopped', asleep: true })).toBe(why)
    expect(whyOf({ ...work, state: 'queued', waiting: 'All are busy.' })).toBe('All are busy.')
  })

  it('is no longer why it slept, once it is about to run again', () => {
    expect(whyOf({ ...work, state: 'queued', asleep: true, waiting: 'All are busy.' })).toBe('All are busy.')
    expect(whyOf({ ...work, state: 'starting', asleep: true })).toBeNull()
  })
})

describe('slots in a text', () => {
  it('are found in braces, single and double, and nothing of the text is lost', () => {
    const text = 'Send {amount} to {{ slots.recipient }}, {not closed'
    const ranges = slotRanges(text)
    expect(ranges.flatMap((range) => range.slot ?? [])).toEqual(['amount', 'recipient'])
    expect(ranges.map((range) => range.text).join('')).toBe(text)
  })

  it.each([
    ["{{ '%.2f'|format(amount) }} euros", 'amount'],
    ["{{ '%.2f'|format(amount)|replace('.', ',') }}", 'amount'],
    ['{{ years|int }}', 'years'],
    ['{{ context.step }}', 'context.step'],
    ["{{ 'no slot' }}", undefined],
  ])('are found in Jinja, without its filters: %s', (text, slot) => {
    const ranges = slotRanges(text)
    expect(ranges.find((range) => range.slot !== null)?.slot).toBe(slot)
    expect(ranges.map((range) => range.text).join('')).toBe(text)
  })
})

describe('the difference of two texts', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))('gives both texts back (seed %i)', (seed) => {
    const random = chance(seed)
    const text = () => Array.from({ length: random.int(20) }, () => random.pick(['to', 'be', 'or', 'not', '\n'])).join(' ')
    const [mine, theirs] = [text(), text()]
    const pieces = wordDiff(mine, theirs)
    const side = (other: string) => pieces.filter((piece) => piece.kind !== other).map((piece) => piece.text)
    expect(side('theirs').join('')).toBe(mine)
    expect(side('mine').join('')).toBe(theirs)
  })

  it('leaves a slot and a word alone where only the signs beside them change', () => {
    expect(wordDiff('Thanks {name}. Bye', 'Thanks, {name}! Bye')).toEqual([
      { kind: 'same', text: 'Thanks' },
      { kind: 'theirs', text: ',' },
      { kind: 'same', text: ' {name}' },
      { kind: 'mine', text: '.' },
      { kind: 'theirs', text: '!' },
      { kind: 'same', text: ' Bye' },
    ])
    expect(wordDiff('to {slots.a}', 'to {slots.b}')).toEqual([
      { kind: 'same', text: 'to ' },
      { kind: 'mine', text: '{slots.a}' },
      { kind: 'theirs', text: '{slots.b}' },
    ])
  })

  it('shows changed words that follow each other as one run', () => {
    expect(wordDiff('a big red house', 'a small blue house')).toEqual([
      { kind: 'same', text: 'a ' },
      { kind: 'mine', text: 'big red' },
      { kind: 'theirs', text: 'small blue' },
      { kind: 'same', text: ' house' },
    ])
  })
})

describe('marks of direction', () => {
  it('never reach beyond the text that holds them', () => {
    expect(balanced('plain')).toBe('plain')
    expect(balanced('a \u202Eb\u202C c')).toBe('a \u202Eb\u202C c')
    expect(balanced('a \u202Eb')).toBe('a \u202Eb\u202C')
    expect(balanced('\u2067a \u202Eb')).toBe('\u2067a \u202Eb\u202C\u2069')
    expect(balanced('\u2067a \u202Eb\u2069 c')).toBe('\u2067a \u202Eb\u2069 c')
    expect(withApart('to \u202Eb, now', ['\u202Eb'])).toBe('to \u2068\u202Eb\u202C\u2069, now')
    expect(balanced('\u202Ea\n\u2069b')).toBe('\u202Ea\u202C\n\u2068\u2069b')
  })
})
