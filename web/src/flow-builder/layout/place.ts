/** Gives every step, edge and label its place, from the outside in. */
import type { Routes } from './routes'
import { END_HEIGHT, END_WIDTH, GAP, LABEL_HEIGHT, LANE, MISSING_WIDTH, NODE_WIDTH, TRACK } from './sizes'
import type { SizedBlock, SizedColumn, SizedRegion, SizedRow } from './sizes'
import type { PlacedEdge, PlacedLabel, PlacedNode, Point, Region, Row } from './types'

/** Lines of a region and of a block of branches that connections are drawn along. */
export interface Rails {
  /** x of a target's lane in a region. */
  lane: Map<Region, (target: string) => number>
  /** y of a target's track above and below a row's columns. */
  above: Map<Row, (target: string) => number>
  below: Map<Row, (target: string) => number>
}

export interface Placement {
  nodes: PlacedNode[]
  edges: PlacedEdge[]
  labels: PlacedLabel[]
  rails: Rails
  /** The line of a branch without steps, as far as its label: where it goes on elsewhere. */
  stubs: Map<string, Point[]>
}

/** A branch that joins the others: its line so far, and the step it waits for. */
interface Joining {
  from: string
  branch: number | null
  to: string
  points: Point[]
}

const BUS = 20
const LABEL_TOP = 39
const BELOW_LABEL = 10

export const stubId = (key: string, branch: number): string => `${key}/${branch}`
export const edgeId = (from: string, branch: number | null, to: string): string => `${from}>${branch ?? ''}>${to}`

export function placeRegion(sized: SizedRegion, axis: number, top: number, routes: Routes, out: Placement): Joining[] {
  const lanes = routes.lanes.get(sized.region) ?? []
  out.rails.lane.set(sized.region, (target) => axis - sized.left + LANE * (lanes.indexOf(target) + 0.5))
  let y = top
  let waiting: Joining[] = []
  sized.rows.forEach((row, index) => {
    const following = sized.rows[index + 1]
    finish(waiting, row.row.key, axis, y, out)
    const joining = placeRow(row, axis, y, routes, out)
    if (row.row.branches.length === 0 && row.row.exit.kind === 'next' && following) {
      const points = [
        { x: axis, y: y + row.height },
        { x: axis, y: y + row.advance },
      ]
      out.edges.push({ id: edgeId(row.row.key, null, following.row.key), from: row.row.key, to: following.row.key, branch: null, connect: false, points })
    }
    y += row.advance
    waiting = joining
  })
  return waiting
}

function finish(waiting: Joining[], key: string, axis: number, y: number, out: Placement): void {
  for (const joining of waiting) {
    if (joining.to !== key) continue
    const points = [...joining.points, { x: axis, y }]
    out.edges.push({ id: edgeId(joining.from, joining.branch, key), from: joining.from, to: key, branch: joining.branch, connect: false, points })
  }
}

function placeRow(sized: SizedRow, axis: number, y: number, routes: Routes, out: Placement): Joining[] {
  const { row, height, block } = sized
  const bottom = y + height
  out.nodes.push({ key: row.key, kind: row.kind, pointer: row.pointer, x: axis - NODE_WIDTH / 2, y, width: NODE_WIDTH, height })
  if (block !== null) return placeBlock(row, block, axis, bottom, routes, out)
  if (row.exit.kind === 'end') placeEnd(row.key, null, [{ x: axis, y: bottom }], axis, bottom + GAP, out, row.exit.missing)
  return row.exit.kind === 'merge' ? [{ from: row.key, branch: null, to: row.exit.to, points: [{ x: axis, y: bottom }] }] : []
}

function placeEnd(from: string, branch: number | null, points: Point[], axis: number, y: number, out: Placement, missing?: string): void {
  const key = `${from}/${branch ?? ''}/end`
  const width = missing === undefined ? END_WIDTH : MISSING_WIDTH
  out.nodes.push({ key, kind: 'end', pointer: '', x: axis - width / 2, y, width, height: END_HEIGHT, ...(missing === undefined ? {} : { missing }) })
  out.edges.push({ id: edgeId(from, branch, key), from, to: key, branch, connect: false, points: [...points, { x: axis, y }] })
}

function placeBlock(row: Row, block: SizedBlock, axis: number, bottom: number, routes: Routes, out: Placement): Joining[] {
  const end = bottom + block.height
  const above = routes.above.get(row) ?? []
  const below = routes.below.get(row) ?? []
  out.rails.above.set(row, (target) => bottom + LABEL_TOP + LABEL_HEIGHT + BELOW_LABEL + TRACK * above.indexOf(target))
  out.rails.below.set(row, (target) => end - TRACK * (below.length - below.indexOf(target)))
  const joining = block.columns.flatMap((column, index) => placeColumn(row, column, index, axis, bottom, bottom + block.top, routes, out))
  return joining.map((line) => {
    const x = line.points.at(-1)?.x ?? axis
    const turned = [...line.points, { x, y: end }]
    return { ...line, points: x === axis ? turned : [...turned, { x: axis, y: end }] }
  })
}

function placeColumn(row: Row, column: SizedColumn, index: number, axis: number, bottom: number, top: number, routes: Routes, out: Placement): Joining[] {
  const x = axis + column.axis
  const from = { x: axis, y: bottom }
  const start = x === axis ? [from] : [from, { x: axis, y: bottom + BUS }, { x, y: bottom + BUS }]
  const { branch, labelWidth, sized } = column
  const edge = placeBranchEdge(row, index, column, start, x, top, out)
  const kind = branch.condition === null ? 'else' : 'condition'
  const labelY = bottom + LABEL_TOP
  out.labels.push({ id: `${row.key}/${index}`, edge, kind, text: branch.condition ?? '', x: x - labelWidth / 2, y: labelY, width: labelWidth, height: LABEL_HEIGHT })
  if (sized !== null) return placeRegion(sized, x, top, routes, out)
  return branch.exit.kind === 'merge' ? [{ from: row.key, branch: index, to: branch.exit.to, points: start }] : []
}

/** The line from the branching step to what the branch begins with; gives its id. */
function placeBranchEdge(row: Row, index: number, { branch, sized }: SizedColumn, start: Point[], x: number, top: number, out: Placement): string {
  const first = sized?.rows[0]?.row.key
  if (first !== undefined) {
    const id = edgeId(row.key, index, first)
    out.edges.push({ id, from: row.key, to: first, branch: index, connect: false, points: [...start, { x, y: top }] })
    return id
  }
  if (branch.exit.kind === 'end') {
    placeEnd(row.key, index, start, x, top, out, branch.exit.missing)
    return edgeId(row.key, index, `${row.key}/${index}/end`)
  }
  out.stubs.set(stubId(row.key, index), start)
  return branch.exit.kind === 'merge' || branch.exit.kind === 'jump' ? edgeId(row.key, index, branch.exit.to) : ''
}
