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

/** Space that stays free around the flow, in pixels of the screen: the zoom's bar stands below. */
export const MARGINS = { top: 24, bottom: 56, side: 24 }
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
