/** SVG paths of edges: straight legs with rounded corners. Pure. */
import type { Point } from './layout'

const RADIUS = 8

export function roundedPath(points: readonly Point[]): string {
  const legs = points.filter((point, index) => index === 0 || point.x !== points[index - 1]?.x || point.y !== points[index - 1]?.y)
  const [first, ...rest] = legs
  if (first === undefined) return ''
  let path = `M${first.x} ${first.y}`
  rest.forEach((corner, index) => {
    const before = legs[index] as Point
    const after = rest[index + 1]
    if (after === undefined) {
      path += `L${corner.x} ${corner.y}`
      return
    }
    const radius = Math.min(RADIUS, distance(before, corner) / 2, distance(corner, after) / 2)
    const from = towards(corner, before, radius)
    const to = towards(corner, after, radius)
    path += `L${from.x} ${from.y}Q${corner.x} ${corner.y} ${to.x} ${to.y}`
  })
  return path
}

function distance(a: Point, b: Point): number {
  return Math.abs(a.x - b.x) + Math.abs(a.y - b.y)
}

function towards(from: Point, to: Point, length: number): Point {
  return { x: from.x + Math.sign(to.x - from.x) * length, y: from.y + Math.sign(to.y - from.y) * length }
}
