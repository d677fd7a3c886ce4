/** Sizes from the inside out: how much room each region and each block of branches takes. */
import type { Routes } from './routes'
import type { Branch, LineCounts, Region, Row } from './types'

export const NODE_WIDTH = 240
export const START_HEIGHT = 36
export const ONE_LINE_HEIGHT = 64
export const TWO_LINES_HEIGHT = 82
export const END_WIDTH = 44
/** Of a target that isn't there: its name is cut where it is longer. */
export const MISSING_WIDTH = 160
export const END_HEIGHT = 22
export const LABEL_HEIGHT = 22
export const GAP = 35
export const BRANCH_GAP = 82
export const LANE = 12
export const TRACK = 10
const COLUMN_GAP = 24
const EMPTY_COLUMN = 140
const LEG_ROOM = 28
const TURN = 20

/** Widths of the labels, in pixels, by the condition's text or the target's key. */
export interface LabelWidths {
  condition: (text: string | null) => number
  connect: (key: string) => number
}

export interface SizedColumn {
  branch: Branch
  /** Distance from the region's axis to the column's. */
  axis: number
  labelWidth: number
  sized: SizedRegion | null
}

export interface SizedBlock {
  columns: SizedColumn[]
  top: number
  bottom: number
  height: number
  left: number
  right: number
}

export interface SizedRow {
  row: Row
  height: number
  block: SizedBlock | null
  /** From the top of this row to the top of the next. */
  advance: number
}

export interface SizedRegion {
  region: Region
  rows: SizedRow[]
  height: number
  /** Room at both sides of the axis on which the steps stand. */
  left: number
  right: number
}

export function sizeRegion(region: Region, lines: LineCounts, routes: Routes, labels: LabelWidths): SizedRegion {
  const rows = region.rows.map((row, index) => sizeRow(row, index + 1 === region.rows.length, lines, routes, labels))
  const lanes = routes.lanes.get(region)?.length ?? 0
  const leg = Math.max(0, ...(routes.targets.get(region) ?? []).map((key) => labels.connect(key) + LEG_ROOM))
  const content = Math.max(NODE_WIDTH / 2 + leg, ...rows.map(({ block }) => block?.left ?? 0))
  return {
    region,
    rows,
    height: rows.reduce((sum, row) => sum + row.advance, 0),
    left: content + (lanes > 0 ? (lanes + 1) * LANE : 0),
    right: Math.max(NODE_WIDTH / 2, ...rows.map(({ block }) => block?.right ?? 0)),
  }
}

function sizeRow(row: Row, last: boolean, lines: LineCounts, routes: Routes, labels: LabelWidths): SizedRow {
  const height = lines.get(row.key) === 2 ? TWO_LINES_HEIGHT : ONE_LINE_HEIGHT
  const block = row.branches.length > 0 ? sizeBlock(row, lines, routes, labels) : null
  let advance = height + (block?.height ?? 0) + (last ? 0 : GAP)
  if (block === null && row.exit.kind === 'end') advance += GAP + END_HEIGHT
  if (block === null && row.exit.kind === 'jump') advance += TURN
  return { row, height, block, advance }
}

function sizeBlock(row: Row, lines: LineCounts, routes: Routes, labels: LabelWidths): SizedBlock {
  const columns = row.branches.map((branch): SizedColumn => {
    const labelWidth = labels.condition(branch.condition)
    return { branch, axis: 0, labelWidth, sized: branch.region ? sizeRegion(branch.region, lines, routes, labels) : null }
  })
  let x = 0
  for (const column of columns) {
    const { exit, region } = column.branch
    const isMissing = region === null && exit.kind === 'end' && exit.missing !== undefined
    const half = Math.max(column.labelWidth, isMissing ? MISSING_WIDTH : EMPTY_COLUMN) / 2
    column.axis = x + Math.max(half, column.sized?.left ?? 0)
    x = column.axis + Math.max(half, column.sized?.right ?? 0) + COLUMN_GAP
  }
  const width = x - COLUMN_GAP
  const middle = axisOf(columns)
  for (const column of columns) column.axis -= middle
  const below = routes.below.get(row)?.length ?? 0
  const top = BRANCH_GAP + (routes.above.get(row)?.length ?? 0) * TRACK
  const bottom = TURN + below * TRACK
  return { columns, top, bottom, height: top + Math.max(...columns.map(columnHeight)) + bottom, left: middle, right: width - middle }
}

/** An odd number of columns stands on its middle one, so that its line runs straight. */
function axisOf(columns: SizedColumn[]): number {
  const half = (columns.length - 1) / 2
  const axis = (index: number) => columns[index]?.axis ?? 0
  return Number.isInteger(half) ? axis(half) : (axis(0) + axis(columns.length - 1)) / 2
}

function columnHeight({ branch, sized }: SizedColumn): number {
  if (sized !== null) return sized.height
  return branch.exit.kind === 'end' ? END_HEIGHT : 0
}
