/** Draws the connections ("connect to") along the lanes and channels that were left free for them. */
import { edgeId, stubId } from './place'
import type { Placement } from './place'
import type { Jump, Routes } from './routes'
import type { LabelWidths } from './sizes'
import { LABEL_HEIGHT } from './sizes'
import type { PlacedNode, Point, Region } from './types'

const TURN_BELOW = 17
const ARROW_ROOM = 14

export function connect(routes: Routes, out: Placement, labels: LabelWidths): void {
  const nodes = new Map(out.nodes.map((node) => [node.key, node]))
  const labelled = new Set<string>()
  for (const jump of routes.jumps) {
    const target = nodes.get(jump.to)
    const source = nodes.get(jump.from.key)
    if (target === undefined || source === undefined) continue
    const id = edgeId(source.key, jump.branch, target.key)
    out.edges.push({ id, from: source.key, to: target.key, branch: jump.branch, connect: true, points: pathOf(jump, source, target, routes, out) })
    if (labelled.has(target.key)) continue
    labelled.add(target.key)
    const width = labels.connect(target.key)
    const y = target.y + target.height / 2 - LABEL_HEIGHT / 2
    out.labels.push({ id: `${id}/connect`, edge: id, kind: 'connect', text: target.key, x: target.x - ARROW_ROOM - width, y, width, height: LABEL_HEIGHT })
  }
}

function pathOf(jump: Jump, source: PlacedNode, target: PlacedNode, routes: Routes, out: Placement): Point[] {
  const lane = (region: Region | undefined) => (region && out.rails.lane.get(region)?.(jump.to)) ?? 0
  const rowOf = (region: Region) => routes.placeOf.get(region)?.row ?? jump.from
  const points = leave(jump, source, out)
  let x = lane(jump.up[0])
  points.push({ x, y: points.at(-1)?.y ?? source.y })
  const turn = (y: number, toX: number) => {
    points.push({ x, y }, { x: toX, y })
    x = toX
  }
  jump.up.slice(1).forEach((outer, index) => turn(out.rails.below.get(rowOf(jump.up[index] as Region))?.(jump.to) ?? 0, lane(outer)))
  for (const inner of jump.down) turn(out.rails.above.get(rowOf(inner))?.(jump.to) ?? 0, lane(inner))
  turn(target.y + target.height / 2, target.x)
  return points
}

/** From the step's lower edge, or along its empty branch, to the height at which the line turns to its lane. */
function leave(jump: Jump, source: PlacedNode, out: Placement): Point[] {
  if (jump.branch === null) {
    const x = source.x + source.width / 2
    const bottom = source.y + source.height
    return [{ x, y: bottom }, { x, y: bottom + TURN_BELOW }]
  }
  const stub = out.stubs.get(stubId(jump.from.key, jump.branch)) ?? []
  const x = stub.at(-1)?.x ?? source.x
  return [...stub, { x, y: out.rails.below.get(jump.from)?.(jump.to) ?? source.y }]
}
