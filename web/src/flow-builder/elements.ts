/** The layout as React Flow's nodes and edges. Pure. */
import type { Problem } from '../api'
import { isObject, type Document, type JsonObject } from '../documents'
import type { Surroundings } from './captions'
import type { ConnectionEdgeType } from './ConnectionEdge'
import { START_KEY } from './layout'
import type { PlacedLabel } from './layout'
import type { EndNodeType, LabelNodeType, StartNodeType, StepData, StepNodeType } from './StepNode'
import { nameOf, wordsOf, type FlowView } from './view'
import { words as texts } from './words'

export type CanvasNode = StepNodeType | StartNodeType | EndNodeType | LabelNodeType

/** The part of the flow that a conversation went through. */
export interface Lit {
  steps: ReadonlySet<string>
  edges: ReadonlySet<string>
  active: string | null
}

export const NOTHING_LIT: Lit = { steps: new Set(), edges: new Set(), active: null }

/** What a step's text needs to be edited on the canvas. */
export interface Editing {
  textOf: (response: string) => string | null
  type: ((response: string, text: string) => void) | null
  done: () => void
}

export function nodesOf(document: Document, view: FlowView, around: Surroundings, selected: string | null, lit: Lit, editing: Editing): CanvasNode[] {
  const body = isObject(document.body) ? document.body : {}
  const persisted = new Set(Array.isArray(body['persisted_slots']) ? body['persisted_slots'].map(String) : [])
  const steps = view.layout.nodes.map((node): CanvasNode => {
    const fixed = { id: node.key, position: { x: node.x, y: node.y }, width: node.width, height: node.height, draggable: false, connectable: false }
    if (node.kind === 'start') return { ...fixed, type: 'start', selectable: false, focusable: false, data: { text: String(body['description'] ?? ''), lit: lit.steps.has(START_KEY) } }
    if (node.kind === 'end') return { ...fixed, type: 'end', selectable: false, focusable: false, data: { missing: node.missing ?? null } }
    const step = view.steps.get(node.key) ?? {}
    return { ...fixed, type: 'step', domAttributes: { tabIndex: -1 }, ariaLabel: ariaLabel(node.key, view), data: stepData(node.key, step, document.problems, view, persisted, selected, lit, editing) }
  })
  return [...steps, ...view.layout.labels.map((label) => labelNode(label, view, around, lit))]
}

function ariaLabel(key: string, view: FlowView): string {
  const caption = view.captions.get(key)
  return `${caption?.kind ?? texts.captions.step} ${caption?.head ?? ''} ${caption?.runs.map((run) => run.text).join('') ?? key}`.trim()
}

function stepData(
  key: string,
  step: JsonObject,
  problems: readonly Problem[],
  view: FlowView,
  persisted: ReadonlySet<string>,
  selected: string | null,
  lit: Lit,
  editing: Editing,
): StepData {
  const caption = view.captions.get(key) ?? { kind: 'unknown', head: null, runs: [], mono: true, response: null }
  const rules = step['rejections']
  const type = editing.type
  const response = caption.response
  return {
    caption,
    problems: problems.filter((problem) => problem.step === key && problem.severity !== 'hint'),
    asksFirst: step['ask_before_filling'] === true,
    rules: Array.isArray(rules) ? rules.length : 0,
    persisted: caption.head !== null && persisted.has(caption.head),
    selected: key === selected,
    lit: lit.steps.has(key),
    active: lit.active === key,
    text: response === null ? null : editing.textOf(response),
    onText: response === null || type === null ? null : (text) => type(response, text),
    onDone: editing.done,
  }
}

function labelNode(label: PlacedLabel, view: FlowView, around: Surroundings, lit: Lit): LabelNodeType {
  const words = label.kind === 'else' ? [{ text: texts.branches.else, role: 'join' as const }] : label.kind === 'condition' ? wordsOf(label.text, around.condition(label.text)) : []
  return {
    id: `label:${label.id}`,
    type: 'label',
    position: { x: label.x, y: label.y },
    width: label.width,
    height: label.height,
    draggable: false,
    connectable: false,
    selectable: false,
    focusable: false,
    data: { words, connect: label.kind === 'connect' ? texts.captions.to(nameOf(label.text, view.captions)) : null, lit: lit.edges.has(label.edge) },
  }
}

export function edgesOf(view: FlowView, lit: Lit): ConnectionEdgeType[] {
  const missing = new Set(view.layout.nodes.flatMap((node) => (node.missing === undefined ? [] : [node.key])))
  const edges = view.layout.edges.map(
    (edge): ConnectionEdgeType => ({
      id: edge.id,
      type: 'line',
      source: edge.from,
      target: edge.to,
      selectable: false,
      focusable: false,
      data: { points: edge.points, connect: edge.connect, lit: lit.edges.has(edge.id), broken: missing.has(edge.to) },
    }),
  )
  return edges.toSorted((a, b) => Number(a.data?.lit) - Number(b.data?.lit))
}
