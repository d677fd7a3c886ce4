import { describe, expect, it } from 'vitest'
import { around, covered, fitted, laid, LEAST_READABLE, MARGINS, STRIP, type Box, type Viewport } from './fit'

const CANVAS = { width: 712, height: 780 }
const START: Box = { x: -120, y: 0, width: 240, height: 64 }

const onScreen = (box: Box, { x, y, zoom }: Viewport) => ({ left: box.x * zoom + x, top: box.y * zoom + y, right: (box.x + box.width) * zoom + x, bottom: (box.y + box.height) * zoom + y })

describe('the first view of a flow', () => {
  it('shows a small flow whole and no larger than it is', () => {
    const flow = { x: -120, y: 0, width: 240, height: 300 }
    const view = fitted(flow, START, CANVAS)
    expect(view.zoom).toBe(1)
    expect(onScreen(flow, view).left).toBe(CANVAS.width - onScreen(flow, view).right)
  })

  it('shows a flow whole as long as it can be read', () => {
    const flow = { x: -400, y: 0, width: 800, height: 500 }
    const view = fitted(flow, START, CANVAS)
    expect(view.zoom).toBeCloseTo((CANVAS.width - 2 * MARGINS.side) / 800)
    expect(onScreen(flow, view).left).toBeCloseTo(MARGINS.side)
  })

  it('begins at the start where the whole can not be read', () => {
    const flow = { x: -900, y: 0, width: 1500, height: 2000 }
    const view = fitted(flow, START, CANVAS)
    expect(view.zoom).toBe(LEAST_READABLE)
    expect(onScreen(START, view).top).toBe(MARGINS.top)
    expect((onScreen(START, view).left + onScreen(START, view).right) / 2).toBeCloseTo(CANVAS.width / 2)
  })

  it('brings the step in focus into the middle, and shows nothing empty beyond the borders', () => {
    const flow = { x: -900, y: 0, width: 1500, height: 2000 }
    const step = { x: -300, y: 900, width: 240, height: 82 }
    const view = fitted(flow, step, CANVAS)
    const middle = { x: (onScreen(step, view).left + onScreen(step, view).right) / 2, y: (onScreen(step, view).top + onScreen(step, view).bottom) / 2 }
    expect(middle.x).toBeCloseTo(CANVAS.width / 2)
    expect(middle.y).toBeCloseTo(MARGINS.top + (CANVAS.height - MARGINS.top - MARGINS.bottom) / 2)
    const last = { x: 360, y: 1918, width: 240, height: 82 }
    expect(onScreen(last, fitted(flow, last, CANVAS)).bottom).toBeCloseTo(CANVAS.height - MARGINS.bottom)
    expect(onScreen(last, fitted(flow, last, CANVAS)).right).toBeCloseTo(CANVAS.width - MARGINS.side)
  })

  it('takes the box around all steps', () => {
    expect(around([START, { x: 200, y: 300, width: 100, height: 50 }])).toEqual({ x: -120, y: 0, width: 420, height: 350 })
  })
})

function steps(count: number, columns: number): Box[] {
  return Array.from({ length: count }, (_, i) => ({ x: (i % columns) * 264, y: Math.floor(i / columns) * 118, width: 240, height: 82 }))
}

describe('the tools of the canvas', () => {
  const none = { more: false, whole: false }

  it('float beside a flow that can be read whole there', () => {
    const { viewport, tools } = laid(steps(4, 1), START, CANVAS, none)
    expect({ tools, zoom: viewport.zoom }).toEqual({ tools: 'over', zoom: 1 })
  })

  it('push a flow aside or up before they go below the canvas', () => {
    const { viewport, tools } = laid(steps(8, 2), START, CANVAS, none)
    expect(tools).toBe('over')
    expect(steps(8, 2).some((box) => covered(box, viewport, CANVAS))).toBe(false)
  })

  it('stand below the canvas where no place over it is free, without the overview where there is no room for it', () => {
    expect(laid(steps(60, 3), START, CANVAS, none).tools).toBe('below')
    expect(laid(steps(4, 1), START, { width: 500, height: 700 }, none).tools).toBe('below, bare')
    expect(laid(steps(4, 1), START, CANVAS, { ...none, more: true }).tools).toBe('below')
  })

  it('never cover a box of a flow of any shape', () => {
    for (let count = 1; count < 60; count++) {
      for (let columns = 1; columns < 8; columns++) {
        for (const canvas of [CANVAS, { width: 604, height: 680 }, { width: 1400, height: 480 }]) {
          for (const whole of [true, false]) {
            const boxes = steps(count, columns)
            const { viewport, tools } = laid(boxes, boxes[0] ?? START, canvas, { more: false, whole })
            if (tools === 'over') expect(boxes.filter((box) => covered(box, viewport, canvas))).toEqual([])
            if (whole) expect(onScreen(around(boxes), viewport).bottom).toBeLessThanOrEqual(canvas.height - (tools === 'over' ? 0 : tools === 'below' ? STRIP.full : STRIP.bare))
          }
        }
      }
    }
  })
})
