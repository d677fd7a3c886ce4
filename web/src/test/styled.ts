/** The classes that a sheet has rules for, and those that components may give an element. */
import ts from 'typescript'

/** Attributes that name no class. */
const NO_CLASS = /^(?:role|type|id|label|title|name|kind|aria-.*|html.*|data-.*)$/
/** What others draw: their components give these. */
const FOREIGN = /^(?:mantine-|react-flow|cm-)/

export function classesOf(sheet: string): Set<string> {
  const rules = sheet.replaceAll(/\/\*.*?\*\//gs, '')
  const selectors = [...rules.matchAll(/([^{}]+)\{/g)].map(([, selector]) => selector ?? '').filter((selector) => !selector.trim().startsWith('@'))
  const found = selectors.flatMap((selector) => [...selector.matchAll(/\.(-?[A-Za-z_][\w-]*)/g)].map(([, name]) => name ?? ''))
  return new Set(found.filter((name) => !FOREIGN.test(name)))
}

/** Words of all texts in a source that may be a class; one that ends with a value, as `i-${size}`, stands for all that begin so. */
export function givenIn(name: string, source: string): { whole: Set<string>; begun: Set<string> } {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX)
  const [whole, begun] = [new Set<string>(), new Set<string>()]
  const add = (text: string) => {
    for (const [word] of text.matchAll(/[A-Za-z_][\w-]*/g)) whole.add(word)
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return
    if (ts.isJsxAttribute(node) && NO_CLASS.test(node.name.getText(file))) return
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node)) add(node.text)
    if (ts.isTemplateHead(node) || ts.isTemplateMiddle(node)) {
      const last = /([A-Za-z_][\w-]*-)$/.exec(node.text)?.[1]
      if (last !== undefined) begun.add(last)
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return { whole, begun }
}
