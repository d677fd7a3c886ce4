/** A value of any shape, edited as YAML: what can be read is written at every pause, what can't stays here with its line. */
import { useEffect, useRef, useState } from 'react'
import { parseDocument, stringify } from 'yaml'
import { get, useDocuments, useDocumentsState, equal, type Json } from '../documents'
import { CodeEditor, type LineProblem } from '../editor/CodeEditor'
import { words } from './words'

interface Props {
  item: string
  path: string
  /** What it is called. */
  title: string
  change: { name: string; arguments: Record<string, Json> }
  readOnly: boolean
}

const LINE = 20
const MOST_LINES = 16

export default function ValueField({ item, path, title, change, readOnly }: Props) {
  const store = useDocuments()
  const value = useDocumentsState((state) => get(state.documents[item]?.body ?? null, path))
  const [text, setText] = useState(() => written(value))
  const [problem, setProblem] = useState<LineProblem | null>(null)
  const typed = useRef(value)
  useEffect(() => {
    // Somebody else's edit, or an undo: what is typed here isn't its source.
    if (equal(value ?? null, typed.current ?? null)) return
    typed.current = value
    setText(written(value))
    setProblem(null)
  }, [value])
  const edit = (next: string) => {
    setText(next)
    const read = parsed(next)
    setProblem('problem' in read ? read.problem : null)
    if ('problem' in read || equal(read.value, value ?? null)) return
    typed.current = read.value
    store.type({ name: 'set', item, at: { path }, value: read.value, ...(value === undefined ? {} : { was: value }) }, change)
  }
  const lines = Math.min(Math.max(2, text.split('\n').length), MOST_LINES)
  return (
    <div className="value-field">
      <div className="value-code" style={{ height: lines * LINE + 18 }}>
        <CodeEditor value={text} file="value.yml" label={words.asYaml(title)} readOnly={readOnly} problems={problem === null ? NONE : [problem]} onChange={edit} onBlur={() => store.settle()} />
      </div>
      {problem && (
        <p className="error c-err small" role="alert">
          {words.notSaved(problem.line, problem.message)}
        </p>
      )}
    </div>
  )
}

const NONE: readonly LineProblem[] = []

function written(value: Json | undefined): string {
  return value === undefined || value === null ? '' : stringify(value, { lineWidth: 0 }).trimEnd()
}

function parsed(text: string): { value: Json } | { problem: LineProblem } {
  const document = parseDocument(text, { version: '1.2', schema: 'core', merge: false })
  const error = document.errors[0]
  if (error !== undefined) return { problem: { line: error.linePos?.[0].line ?? 1, severity: 'error', message: error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? error.code } }
  try {
    // Anchors that multiply each other are refused, not expanded.
    return { value: (document.toJS({ maxAliasCount: 50 }) ?? null) as Json }
  } catch (reason) {
    return { problem: { line: 1, severity: 'error', message: reason instanceof Error ? reason.message : String(reason) } }
  }
}
