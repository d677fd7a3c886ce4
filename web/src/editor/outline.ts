/** The sections of a YAML text, each with its line: a flow's steps, else what stands at the top and below it. */
import { stepKind } from '../flow-builder/layout/structure'
import type { StepKind } from '../flow-builder/layout/types'
import { childrenOf, isItem, isPair, type Node, type YamlText } from './yamlText'

export interface Section {
  label: string
  /** Counted from 1. */
  line: number
  /** Of a step; null for everything else. */
  step: StepKind | null
  /** Stands in the section before it. */
  inner: boolean
}

/** Where lists of steps stand. */
const STEP_LISTS = new Set(['steps', 'then', 'else'])
/** A text with more has only its outer sections: nobody reads so long a list. */
const MOST = 400

/** Reads also what is half written. */
export function outlineOf(text: YamlText, kind: string): Section[] {
  if (kind === 'flow') return steps(text)
  const all = sections(text)
  return all.length > MOST ? all.filter(({ inner }) => !inner) : all
}

/** The section that a line is in; -1 above the first. */
export function sectionAt(all: readonly Section[], line: number): number {
  return all.findLastIndex((section) => section.line <= line)
}

function steps(text: YamlText): Section[] {
  const found: Section[] = []
  text.tree.cursor().iterate(({ node }) => {
    const list = isItem(node) ? node.parent?.parent : null
    if (!list || !isPair(list) || !STEP_LISTS.has(text.key(list))) return
    const step = text.scalars(node)
    const label = step['collect'] ?? step['action'] ?? step['link'] ?? step['call'] ?? step['id'] ?? ''
    found.push({ label, line: lineOf(text, node), step: stepKind(step), inner: false })
  })
  return found
}

function sections(text: YamlText): Section[] {
  const document = childrenOf(text.tree.topNode).find(({ name }) => name === 'Document')
  const top = document && childrenOf(document).find(({ name }) => name === 'BlockMapping' || name === 'BlockSequence')
  if (!top) return []
  const section = ({ node, label }: Entry, inner: boolean): Section => ({ label, line: lineOf(text, node), step: null, inner })
  return entries(text, top).flatMap((entry) => [section(entry, false), ...below(text, entry.node).map((each) => section(each, true))])
}

interface Entry {
  node: Node
  label: string
}

/** The keys of a mapping, or the items of a list by their first value. */
function entries(text: YamlText, node: Node): Entry[] {
  if (node.name === 'BlockMapping') return childrenOf(node).filter(isPair).map((pair) => ({ node: pair, label: text.key(pair) }))
  if (node.name !== 'BlockSequence') return []
  return childrenOf(node).filter(isItem).map((item) => ({ node: item, label: Object.values(text.scalars(item))[0] ?? text.said(item.firstChild) }))
}

function below(text: YamlText, node: Node): Entry[] {
  const value = isPair(node) ? node.lastChild : null
  return value ? entries(text, value) : []
}

function lineOf(text: YamlText, node: Node): number {
  return text.doc.lineAt(text.start(node)).number
}
