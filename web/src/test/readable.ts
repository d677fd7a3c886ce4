/** Finds the texts that people read in a source: they belong in their area's words.ts. */
import ts from 'typescript'

export interface Found {
  line: number
  text: string
}

/** Looks like something that people read: a capital and small letters, or a sentence. */
const SENTENCE = /^\p{Lu}\p{Ll}|^\p{Lu} \p{L}|\p{L} \p{L}.*[.!?…]$/u
/** Names of keys, headers and what is dragged look so too. */
const NO_WORDS = /^(?:Arrow|Enter$|Escape$|Tab$|Home$|End$|Page(?:Up|Down)$|Control|(?:Ctrl|Shift) ?$|Files$|Backspace$|Delete$|Content-)/
/** Errors that developers read; ApiError is for people. */
const FOR_DEVELOPERS = /^(?:Range|Type|Syntax)?Error$/
const CHOOSING = new Set([ts.SyntaxKind.BarBarToken, ts.SyntaxKind.QuestionQuestionToken, ts.SyntaxKind.AmpersandAmpersandToken])

/** Attributes and properties that are shown or read aloud. */
const SHOWN = new Set(['label', 'title', 'aria-label', 'alt', 'placeholder', 'hint', 'what', 'description', 'detail'])
const LETTERS = /\p{L}{2,}/u

export function readableTexts(name: string, source: string): Found[] {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX)
  const found: Found[] = []
  const add = (node: ts.Node, text: string) => {
    if (LETTERS.test(text)) found.push({ line: file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1, text: text.trim() })
  }
  /** Texts among the values that an expression may come to. */
  const sentences = (node: ts.Node | undefined): void => {
    if (node === undefined) return
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
      const text = textOf(node)
      if (SENTENCE.test(text) && !NO_WORDS.test(text)) add(node, text)
    } else if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(sentences)
    else if (ts.isBinaryExpression(node) && CHOOSING.has(node.operatorToken.kind)) [node.left, node.right].forEach(sentences)
    else if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) sentences(node.expression)
    else if (ts.isArrayLiteralExpression(node)) node.elements.forEach(sentences)
  }
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node)) sentences(node.initializer)
    else if (ts.isReturnStatement(node)) sentences(node.expression)
    else if (ts.isArrowFunction(node)) sentences(node.body)
    else if (ts.isCallExpression(node) && node.expression.kind !== ts.SyntaxKind.SuperKeyword) node.arguments.forEach(sentences)
    else if (ts.isNewExpression(node) && !FOR_DEVELOPERS.test(node.expression.getText(file))) node.arguments?.forEach(sentences)
    if (ts.isJsxText(node)) add(node, node.text)
    else if (ts.isJsxAttribute(node) && SHOWN.has(node.name.getText(file)) && node.initializer) said(node.initializer)
    else if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent) && node.expression) said(node.expression)
    else if (ts.isPropertyAssignment(node) && SHOWN.has(node.name.getText(file).replaceAll("'", ''))) said(node.initializer)
    ts.forEachChild(node, visit)
  }
  /** The literals that an expression may come to. */
  const said = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) add(node, textOf(node))
    else if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(said)
    else if (ts.isBinaryExpression(node)) {
      if (node.operatorToken.kind !== ts.SyntaxKind.AmpersandAmpersandToken) said(node.left)
      said(node.right)
    } else if (ts.isParenthesizedExpression(node)) said(node.expression)
    else if (ts.isJsxExpression(node) && node.expression) said(node.expression)
  }
  visit(file)
  return found.filter((one, i) => found.findIndex((other) => other.line === one.line && other.text === one.text) === i)
}

/** All literals of a table of words, with a blank for each value. */
export function literalsIn(name: string, source: string): string[] {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) found.push(textOf(node))
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

/** What a literal says, with a blank for each value. */
function textOf(node: ts.StringLiteralLike | ts.TemplateExpression): string {
  return ts.isTemplateExpression(node) ? [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join(' ').trim() : node.text
}
