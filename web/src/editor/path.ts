/** Where in a YAML text a place is: the keys and the items of lists around it, from the outermost. */
import type { Text } from '@codemirror/state'
import { childrenOf, isItem, isPair, type Node, type YamlText } from './yamlText'

export interface PathPart {
  label: string
  /** A name that somebody gave, not a key or a number. */
  named: boolean
}

/** A name says enough with so many characters. */
const LONGEST = 60
/** Between these, an indentation says nothing. */
const OWN_LINES = /Literal|^Flow/

/**
 * `at` is an offset, `item` the name of what the text is one of: null where it is a file of its own.
 * Reads also what is half written; a line without content is where its indentation would put a key.
 */
export function pathAt(text: YamlText, at: number, item: string | null): PathPart[] {
  const nodes = around(text, at)
  const parts = nodes.map((node) => partOf(text, node))
  if (item === null) return parts
  // The outermost is the item itself: by its key, as it is typed now, or as the only one of a list.
  const key = nodes[0] && isPair(nodes[0]) ? parts[0]?.label : ''
  return [{ label: key || short(item), named: true }, ...parts.slice(1)]
}

/** Line and column, both counted from 1; a column is a character, as people count them. */
export function positionAt(doc: Text, at: number): { line: number; column: number } {
  const line = doc.lineAt(at)
  return { line: line.number, column: [...doc.sliceString(line.from, at)].length + 1 }
}

/** The pairs and items that a place is in, from the outermost; an item that holds nothing yet is its dash. */
function around(text: YamlText, at: number): Node[] {
  const line = text.doc.lineAt(at)
  const { indent, end } = extent(line.text)
  const spot = Math.min(Math.max(at, line.from + indent), line.from + end)
  const node = text.tree.resolveInner(spot, spot === line.from + indent ? 1 : -1)
  if (end > 0 && node.name !== 'Comment') return upwards(node)
  const before = end > 0 ? line.text.slice(0, Math.max(0, node.from - line.from)) : ''
  if (before.trim() !== '') return around(text, line.from + before.trimEnd().length)
  const across = text.tree.resolveInner(at)
  if (end === 0 && OWN_LINES.test(across.name)) return upwards(across)
  return indentedBelow(text, line.number, end > 0 ? indent : at - line.from)
}

/** What a key in a line of its own would be in, if it began in this column. */
function indentedBelow(text: YamlText, number: number, column: number): Node[] {
  if (column === 0) return []
  for (let above = number - 1; above > 0; above--) {
    const { from, text: said } = text.doc.line(above)
    const { indent, end } = extent(said)
    if (end === 0 || text.tree.resolveInner(from + indent, 1).name === 'Comment') continue
    return around(text, from + end).filter((node) => columnOf(text, node) < column)
  }
  return []
}

function upwards(from: Node): Node[] {
  const found: Node[] = []
  for (let node: Node | null = from.name === '-' ? (itemOf(from) ?? from) : from; node !== null; node = node.parent) {
    if (isPair(node) || isItem(node) || node.name === '-') found.unshift(node)
  }
  return found
}

function itemOf(dash: Node): Node | null {
  const next = dash.nextSibling
  return next && isItem(next) ? next : null
}

function partOf(text: YamlText, node: Node): PathPart {
  if (isPair(node)) return { label: short(text.key(node)), named: false }
  const id = isItem(node) ? text.scalars(node)['id'] : undefined
  return id ? { label: short(id), named: true } : { label: String(numberOf(node)), named: false }
}

/** Counted from 1. */
function numberOf(item: Node): number {
  const list = item.parent === null ? [] : childrenOf(item.parent)
  return list.filter(({ name, from }) => name === item.name && from <= item.from).length
}

function columnOf(text: YamlText, node: Node): number {
  const start = text.start(node)
  return start - text.doc.lineAt(start).from
}

/** Where a line's content begins and ends; both are 0 where it has none. */
function extent(line: string): { indent: number; end: number } {
  const end = line.trimEnd().length
  return { indent: end === 0 ? 0 : line.length - line.trimStart().length, end }
}

function short(label: string): string {
  return label.length > LONGEST ? `${label.slice(0, LONGEST - 1)}…` : label
}
