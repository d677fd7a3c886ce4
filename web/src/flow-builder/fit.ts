/** Which part of a flow shows at first, and how large. Pure. */

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

export interface Size {
  width: number
  height: number
}

export interface Viewport {
  x: number
  y: number
  zoom: number
}

/** Space that stays free around the flow, in pixels of the screen. */
export const MARGINS = { top: 24, bottom: 24, side: 24 }
/** The overview and the zoom where they float over the canvas: so large, so far from its lower left corner. */
export const TOOLS = { width: 148, height: 176, inset: 12 }
/** The height of the strip below the canvas that they stand in else: with the overview where there is room for it. */
export const STRIP = { bare: 44, full: 76 }
/** A smaller canvas has no overview. */
const OVERVIEW_ROOM = { width: 600, height: 400 }
/** The least that can be zoomed to. */
export const LEAST = 0.05
/** Below, captions are no longer read with ease. */
export const LEAST_READABLE = 0.8

/** The box around all boxes. */
export function around(boxes: readonly Box[]): Box {
  const left = Math.min(...boxes.map(({ x }) => x))
  const top = Math.min(...boxes.map(({ y }) => y))
  const right = Math.max(...boxes.map(({ x, width }) => x + width))
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height))
  return boxes.length === 0 ? { x: 0, y: 0, width: 0, height: 0 } : { x: left, y: top, width: right - left, height: bottom - top }
}

export interface Laid {
  viewport: Viewport
  /** Where the tools are: over the canvas, or below it where no place over it is free of the flow. */
  tools: 'over' | 'below' | 'below, bare'
}

/**
 * Where the flow stands and where the tools do, so that these cover none of its `boxes`: over the canvas where it can
 * be read whole beside them, else below it. `more` says that there are further ones, which
 * stand below in any case; `whole` asks for all of the flow, however small.
 */
export function laid(boxes: readonly Box[], focus: Box, canvas: Size, { more, whole }: { more: boolean; whole: boolean }): Laid {
  const flow = around(boxes)
  const roomy = canvas.width > OVERVIEW_ROOM.width && canvas.height > OVERVIEW_ROOM.height
  const free = (view: Viewport) => view.zoom >= LEAST_READABLE && !boxes.some((box) => covered(box, view, canvas))
  const over = more || !roomy ? [] : ROOMS.map((room) => wholeIn(flow, room(canvas))).filter(free)
  const best = over.toSorted((one, other) => other.zoom - one.zoom)[0]
  if (best) return { viewport: best, tools: 'over' }
  const rest = { width: canvas.width, height: canvas.height - (roomy ? STRIP.full : STRIP.bare) }
  return { viewport: whole ? wholeIn(flow, { x: 0, y: 0, ...rest }) : fitted(flow, focus, rest), tools: roomy ? 'below' : 'below, bare' }
}

/** All of the canvas, what is beside the tools, what is above them. */
const ROOMS: readonly ((canvas: Size) => Box)[] = [
  ({ width, height }) => ({ x: 0, y: 0, width, height }),
  ({ width, height }) => ({ x: TOOLS.inset + TOOLS.width, y: 0, width: width - TOOLS.inset - TOOLS.width, height }),
  ({ width, height }) => ({ x: 0, y: 0, width, height: height - TOOLS.inset - TOOLS.height }),
]

/** So much of a shadow or ring around a step counts as the step. */
const RING = 8

/** Whether the tools that float over the canvas cover a part of a box of the flow. */
export function covered(box: Box, { x, y, zoom }: Viewport, canvas: Size): boolean {
  const left = box.x * zoom + x
  const bottom = (box.y + box.height) * zoom + y
  return left < TOOLS.inset + TOOLS.width + RING && left + box.width * zoom > TOOLS.inset - RING && bottom > canvas.height - TOOLS.inset - TOOLS.height - RING
}

/** The whole flow in the middle of a part of the canvas, no larger than it is. */
function wholeIn(flow: Box, part: Box): Viewport {
  const width = part.width - 2 * MARGINS.side
  const height = part.height - MARGINS.top - MARGINS.bottom
  const zoom = Math.max(LEAST, Math.min(1, width / Math.max(1, flow.width), height / Math.max(1, flow.height)))
  return {
    zoom,
    x: part.x + MARGINS.side + ((width / zoom - flow.width) / 2 - flow.x) * zoom,
    y: part.y + MARGINS.top + ((height / zoom - flow.height) / 2 - flow.y) * zoom,
  }
}

/**
 * The whole flow where it can be read so; else as large as can be read, with `focus` as near to the middle as the
 * flow's borders let it be, so that nothing empty shows.
 */
export function fitted(flow: Box, focus: Box, canvas: Size): Viewport {
  const width = canvas.width - 2 * MARGINS.side
  const height = canvas.height - MARGINS.top - MARGINS.bottom
  const whole = Math.min(1, width / Math.max(1, flow.width), height / Math.max(1, flow.height))
  const zoom = Math.max(LEAST_READABLE, whole)
  return {
    zoom,
    x: MARGINS.side + along(width / zoom, flow.x, flow.width, focus.x + focus.width / 2) * zoom,
    y: MARGINS.top + along(height / zoom, flow.y, flow.height, focus.y + focus.height / 2) * zoom,
  }
}

/** How far the flow is moved along one axis: into the middle where it has room, else with `middle` in the middle. */
function along(room: number, from: number, length: number, middle: number): number {
  if (length <= room) return (room - length) / 2 - from
  return Math.max(room - length - from, Math.min(-from, room / 2 - middle))
}
