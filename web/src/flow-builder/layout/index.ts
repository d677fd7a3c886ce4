/** The layout of a flow: a pure function of its body, the step keys and the captions' line counts. */
import { connect } from './connect'
import { edgeId, placeRegion } from './place'
import type { Placement } from './place'
import { planRoutes } from './routes'
import { GAP, NODE_WIDTH, START_HEIGHT, sizeRegion } from './sizes'
import type { LabelWidths } from './sizes'
import { readStructure } from './structure'
import type { StepKeys } from './structure'
import type { Layout, LineCounts } from './types'

export type { Layout, LineCounts, PlacedEdge, PlacedLabel, PlacedNode, Point, StepKind } from './types'
export type { LabelWidths } from './sizes'
export type { StepKeys } from './structure'
export { readStructure, stepKind } from './structure'
export { lineCount, monoWidth, textWidth } from './measure'
export type { Run } from './measure'

/** Key of the node that stands for the flow's beginning. */
export const START_KEY = 'START'

/** Places all steps, lines and labels; the axis of the flow's own steps is x = 0, the start's top is y = 0. */
export function layoutFlow(body: unknown, keys: StepKeys, lines: LineCounts, labels: LabelWidths): Layout {
  const { root } = readStructure(body, keys)
  const routes = planRoutes(root)
  const sized = sizeRegion(root, lines, routes, labels)
  const out: Placement = { nodes: [], edges: [], labels: [], rails: { lane: new Map(), above: new Map(), below: new Map() }, stubs: new Map() }
  out.nodes.push({ key: START_KEY, kind: 'start', pointer: '', x: -NODE_WIDTH / 2, y: 0, width: NODE_WIDTH, height: START_HEIGHT })
  const top = START_HEIGHT + GAP
  placeRegion(sized, 0, top, routes, out)
  const first = root.rows[0]
  if (first !== undefined) {
    const points = [
      { x: 0, y: START_HEIGHT },
      { x: 0, y: top },
    ]
    out.edges.push({ id: edgeId(START_KEY, null, first.key), from: START_KEY, to: first.key, branch: null, connect: false, points })
  }
  connect(routes, out, labels)
  return { nodes: out.nodes, edges: out.edges, labels: out.labels, left: -sized.left, right: sized.right, height: top + sized.height }
}
