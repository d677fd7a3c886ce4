import { describe, expect, it } from 'vitest'
import { chance } from '../../test/random'
import { LONGEST_CONNECT, LONGEST_LABEL } from '../view'
import { layoutFlow } from './index'
import type { Layout, LineCounts, PlacedNode } from './index'
import { faults, keysOf } from './testing/faults'
import { randomFlow } from './testing/flows'

const widths = { condition: (text: string | null) => (text === null ? 44 : Math.min(200, 24 + text.length * 6)), connect: () => 130 }

const place = (steps: unknown[]): Layout => layoutFlow({ steps }, keysOf(steps), new Map(), widths)

const find = (layout: Layout, key: string) => layout.nodes.find((node) => node.key === key) as PlacedNode

describe('layoutFlow', () => {
  it('puts steps under one another on one axis, with the gaps of the design', () => {
    const layout = place([{ id: 'a', collect: 'x' }, { id: 'b', action: 'utter_y' }])
    expect(layout.nodes.map(({ key, x, y }) => [key, x, y])).toEqual([
      ['START', -120, 0],
      ['a', -120, 71],
      ['b', -120, 170],
      ['b//end', -22, 269],
    ])
    expect(layout.edges.map(({ id }) => id)).toEqual(['a>>b', 'b>>b//end', 'START>>a'])
  })

  it('puts branches side by side in their order, Else last, and joins them where they meet', () => {
    const layout = place([
      { id: 'ask', noop: true, next: [{ if: 'a', then: [{ id: 'left', action: 'utter_l', next: 'join' }] }, { else: 'join' }] },
      { id: 'join', action: 'utter_j' },
    ])
    const labels = layout.labels.map(({ kind, x }) => [kind, x])
    expect(labels.map(([kind]) => kind)).toEqual(['condition', 'else'])
    expect(labels[0]?.[1]).toBeLessThan(labels[1]?.[1] as number)
    expect(layout.edges.filter(({ to }) => to === 'join').map(({ connect }) => connect)).toEqual([false, false])
    expect(find(layout, 'join').x).toBe(-120)
    expect(faults(layout)).toEqual([])
  })

  it('leads a loop back in a lane at the left and names its target once', () => {
    const layout = place([
      { id: 'amount', collect: 'amount' },
      { id: 'check', action: 'check', next: [{ if: 'poor', then: [{ id: 'say', action: 'utter_no', next: 'amount' }] }, { if: 'odd', then: 'amount' }, { else: 'END' }] },
    ])
    const loops = layout.edges.filter(({ connect }) => connect)
    expect(loops.map(({ from, to }) => [from, to])).toEqual([
      ['say', 'amount'],
      ['check', 'amount'],
    ])
    expect(loops.every(({ points }) => Math.min(...points.map(({ x }) => x)) < -120)).toBe(true)
    expect(layout.labels.filter(({ kind }) => kind === 'connect')).toHaveLength(1)
    expect(faults(layout)).toEqual([])
  })

  it('moves only what must move when a caption grows', () => {
    const steps = [{ id: 'a', collect: 'x' }, { id: 'b', noop: true, next: [{ if: 'c', then: [{ id: 'l', action: 'utter_l', next: 'END' }] }, { else: [{ id: 'r', action: 'utter_r', next: 'END' }] }] }]
    const before = layoutFlow({ steps }, keysOf(steps), new Map([['l', 1]]), widths)
    const after = layoutFlow({ steps }, keysOf(steps), new Map([['l', 2]]), widths)
    const moved = after.nodes.filter((node) => JSON.stringify(node) !== JSON.stringify(before.nodes.find(({ key }) => key === node.key)))
    expect(moved.map(({ key }) => key)).toEqual(['l', 'l//end'])
  })
})

describe('layoutFlow on flows of all shapes', () => {
  it.each(Array.from({ length: 300 }, (_, seed) => seed + 1))('overlaps nothing and draws through nothing (seed %i)', (seed) => {
    const { int } = chance(seed)
    const steps = randomFlow({ int, size: 5 + (seed % 60) })
    const keys = keysOf(steps)
    const lines: LineCounts = new Map(Object.values(keys).map((key) => [key, int(2) === 0 ? 1 : 2]))
    const drawn = new Map<string, number>()
    const anyOf = (text: string, least: number, most: number) => {
      const width = drawn.get(text) ?? least + int(most - least + 1)
      drawn.set(text, width)
      return width
    }
    const layout = layoutFlow({ steps }, keys, lines, {
      condition: (text) => (text === null ? 44 : anyOf(`if ${text}`, 40, LONGEST_LABEL)),
      connect: (key) => anyOf(`to ${key}`, 60, LONGEST_CONNECT),
    })
    expect(faults(layout).slice(0, 5)).toEqual([])
    expect(new Set(layout.nodes.map(({ key }) => key)).size).toBe(layout.nodes.length)
  })
})

describe('what is looked for', () => {
  const layout = place([{ id: 'a', collect: 'x' }, { id: 'b', noop: true, next: [{ if: 'c', then: 'a' }, { else: 'END' }] }])
  const moved = (label: number, by: { x?: number; y?: number }): Layout => ({
    ...layout,
    labels: layout.labels.map((each, index) => (index === label ? { ...each, x: each.x + (by.x ?? 0), y: each.y + (by.y ?? 0) } : each)),
  })

  it('is a label over a step, over another label, and on a line that isn’t its own', () => {
    expect(faults(layout)).toEqual([])
    expect(faults(moved(0, { y: -60 }))).toContain('b over b/0')
    expect(faults(moved(0, { x: 140 }))).toContain('b/0 over b/1')
    expect(faults(moved(1, { x: -164 })).some((fault) => fault.endsWith('through b/1'))).toBe(true)
  })
})
