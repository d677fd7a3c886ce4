/** A YAML text as its editor has it: what the pieces of its tree are, and say. */
import { ensureSyntaxTree, syntaxTree } from '@codemirror/language'
import type { EditorState, Text } from '@codemirror/state'

export type Tree = ReturnType<typeof syntaxTree>
export type Node = Tree['topNode']

export const isPair = ({ name }: Node) => name === 'Pair'
export const isItem = ({ name }: Node) => name === 'Item'

export function childrenOf(node: Node): Node[] {
  const children: Node[] = []
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child)
  return children
}

/** The editor itself reads a text while it has time, and only as far as people see: the rest is read in so many ms. */
const READING_MS = 200

/** The same as before where only the cursor moved. */
export function yamlTextOf(state: EditorState, before: YamlText | null): YamlText {
  const tree = ensureSyntaxTree(state, state.doc.length, READING_MS) ?? syntaxTree(state)
  return before?.tree === tree && before.doc === state.doc ? before : new YamlText(state.doc, tree)
}

/** The tree is of this text, of all of it or of its beginning. */
export class YamlText {
  readonly doc: Text
  readonly tree: Tree

  constructor(doc: Text, tree: Tree) {
    this.doc = doc
    this.tree = tree
  }

  key(pair: Node): string {
    return this.said(pair.firstChild?.firstChild ?? null)
  }

  /** The values of an item's keys that are plain words; others are empty. */
  scalars(item: Node): Record<string, string> {
    const pairs = item.firstChild === null ? [] : childrenOf(item.firstChild).filter(isPair)
    return Object.fromEntries(pairs.map((pair) => [this.key(pair), this.said(pair.lastChild)]))
  }

  /** A node's plain words; others are empty. */
  said(node: Node | null): string {
    const said = node === null ? '' : this.doc.sliceString(node.from, node.to)
    if (node?.name === 'Literal') return said
    return node?.name === 'QuotedLiteral' ? said.slice(1, -1) : ''
  }

  /** Where a node begins: an item of a list with its dash. */
  start(node: Node): number {
    const before = isItem(node) ? node.prevSibling : null
    return before?.name === '-' ? before.from : node.from
  }
}
