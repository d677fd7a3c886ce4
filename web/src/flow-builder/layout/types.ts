/** What a flow looks like on the canvas, as plain values: the layout makes them, React Flow draws them. */

export type StepKind = 'collect' | 'message' | 'action' | 'logic' | 'set' | 'link' | 'call' | 'unknown'

export interface Point {
  x: number
  y: number
}

/** Where the flow goes when a step or an empty branch is done. */
export type Exit =
  | { kind: 'next' }
  /** `missing` is a target that names no step. */
  | { kind: 'end'; missing?: string }
  | { kind: 'leave' }
  /** To the step under the block that the exit stands in: a branch joins the others. */
  | { kind: 'merge'; to: string }
  | { kind: 'jump'; to: string }

export interface Branch {
  /** The condition as written; null is Else. */
  condition: string | null
  /** The steps of the branch; null where it only names a target. */
  region: Region | null
  exit: Exit
}

export interface Row {
  key: string
  pointer: string
  kind: StepKind
  branches: Branch[]
  exit: Exit
}

/** A list of steps under one another: the flow's own or a branch's. */
export interface Region {
  rows: Row[]
}

/** What the layout needs to know of a step's caption: how many lines it takes. */
export type LineCounts = ReadonlyMap<string, 0 | 1 | 2>

export interface PlacedNode {
  key: string
  kind: StepKind | 'start' | 'end'
  pointer: string
  x: number
  y: number
  width: number
  height: number
  /** Stands for a step that is named and isn't there. */
  missing?: string
}

export interface PlacedEdge {
  id: string
  from: string
  to: string
  /** Index of the branch that this edge takes, where the step branches. */
  branch: number | null
  connect: boolean
  points: Point[]
}

export interface PlacedLabel {
  id: string
  edge: string
  kind: 'condition' | 'else' | 'connect'
  /** The condition as written, or the key of the step that a connection leads to. */
  text: string
  x: number
  y: number
  width: number
  height: number
}

export interface Layout {
  nodes: PlacedNode[]
  edges: PlacedEdge[]
  labels: PlacedLabel[]
  left: number
  right: number
  height: number
}
