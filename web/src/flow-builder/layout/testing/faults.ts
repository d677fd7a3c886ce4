/** What a drawing of a flow must never show; for the tests. */
import type { Layout, PlacedEdge, PlacedLabel, Point, StepKeys } from '../index'

interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** Every step is addressed by its own id where it has one, else by its pointer, as the server does. */
export function keysOf(steps: readonly unknown[], pointer = '/steps'): StepKeys {
  const found: Record<string, string> = {}
  steps.forEach((value, index) => {
    const step = value as { id?: string; next?: unknown }
    const at = `${pointer}/${index}`
    found[at] = step.id ?? at
    if (!Array.isArray(step.next)) return
    step.next.forEach((item: { then?: unknown; else?: unknown }, branch) => {
      const arm = 'then' in item ? 'then' : 'else'
      const target = item[arm]
      if (Array.isArray(target)) Object.assign(found, keysOf(target, `${at}/next/${branch}/${arm}`))
    })
  })
  return found
}

const overlap = (a: Box, b: Box): boolean => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

/** Whether a line runs through more than the border of a box. */
function crosses(a: Point, b: Point, { x, y, width, height }: Box): boolean {
  const line = { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x) || 0.01, height: Math.abs(a.y - b.y) || 0.01 }
  return overlap(line, { x: x + 1, y: y + 1, width: width - 2, height: height - 2 })
}

/** A label stands on its own line; the connections to one step come together, and one label names them all. */
const stands = (label: PlacedLabel, edge: PlacedEdge): boolean => label.edge === edge.id || (label.kind === 'connect' && edge.connect && edge.to === label.text)

export function faults({ nodes, edges, labels }: Layout): string[] {
  const found: string[] = []
  const boxes = [...nodes.map((node) => ({ ...node, name: node.key })), ...labels.map((label) => ({ ...label, name: label.id }))]
  boxes.forEach((a, index) => boxes.slice(index + 1).forEach((b) => overlap(a, b) && found.push(`${a.name} over ${b.name}`)))
  const ids = new Set(edges.map(({ id }) => id))
  for (const label of labels) if (!ids.has(label.edge)) found.push(`${label.id} is on no line`)
  for (const edge of edges) {
    const others = [...nodes.map((node) => ({ ...node, name: node.key })), ...labels.filter((label) => !stands(label, edge)).map((label) => ({ ...label, name: label.id }))]
    edge.points.slice(1).forEach((to, index) => {
      const from = edge.points[index] as Point
      if (from.x !== to.x && from.y !== to.y) found.push(`${edge.id} is slanted`)
      for (const box of others) if (crosses(from, to, box)) found.push(`${edge.id} through ${box.name}`)
    })
  }
  return found
}
