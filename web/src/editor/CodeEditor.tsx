/** A code editor in the product's look: line numbers, highlighting, problems at their lines. */
import { json } from '@codemirror/lang-json'
import { markdown } from '@codemirror/lang-markdown'
import { python } from '@codemirror/lang-python'
import { yaml } from '@codemirror/lang-yaml'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint'
import { EditorState, type Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import CodeMirror, { type ReactCodeMirrorRef } from '@uiw/react-codemirror'
import { useEffect, useMemo, useRef } from 'react'
import { nonce } from '../app/nonce'

export interface LineProblem {
  /** Counted from 1. */
  line: number
  severity: 'error' | 'warning' | 'hint'
  message: string
}

const LANGUAGES: Readonly<Record<string, () => Extension>> = { yml: yaml, yaml, json, md: markdown, py: python }

function languageOf(file: string): Extension[] {
  const make = LANGUAGES[file.split('.').at(-1)?.toLowerCase() ?? '']
  return make ? [make()] : []
}

const look = EditorView.theme({
  '&': { height: '100%', fontSize: '12.5px', backgroundColor: 'var(--surface)', color: 'var(--text)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '20px', letterSpacing: '-.015em', fontWeight: '450' },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--accent)' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '1.5px' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--text-3)', border: '0', fontSize: '11px' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 12px 0 16px', lineHeight: '20px' },
  '.cm-activeLine': { backgroundColor: 'var(--surface-hover)' },
  '.cm-activeLineGutter': { backgroundColor: 'var(--surface-hover)', color: 'var(--text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 24%, transparent)',
  },
  '.cm-foldPlaceholder': { background: 'var(--surface-press)', border: '0', color: 'var(--text-2)' },
  '.cm-tooltip': { border: '0', borderRadius: '8px', backgroundColor: 'var(--surface-float)', boxShadow: 'var(--shadow-float)', overflow: 'hidden' },
  '.cm-diagnostic': { padding: '6px 10px', border: '0', font: '450 12px/16px var(--font-sans)' },
  '.cm-diagnostic-error': { color: 'var(--err)' },
  '.cm-diagnostic-warning': { color: 'var(--warn)' },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--err) 1.2px', textUnderlineOffset: '4px' },
  '.cm-lintRange-warning': { backgroundImage: 'none', textDecoration: 'underline wavy var(--warn-mark) 1.2px', textUnderlineOffset: '4px' },
  '.cm-panels': { backgroundColor: 'var(--surface-chrome)', color: 'var(--text)' },
})

const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.propertyName, tags.definition(tags.propertyName), tags.attributeName, tags.heading], color: 'var(--code-key)' },
    { tag: [tags.string, tags.content, tags.attributeValue], color: 'var(--code-str)' },
    { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-num)' },
    { tag: [tags.keyword, tags.operator, tags.modifier], color: 'var(--code-op)' },
    { tag: [tags.comment, tags.meta], color: 'var(--code-note)' },
  ]),
)

export interface CodeEditorProps {
  value: string
  /** Its name decides the language. */
  file: string
  label: string
  readOnly?: boolean
  problems?: readonly LineProblem[]
  /** Goes to this line when it changes. */
  line?: number | undefined
  onChange: (value: string) => void
  onBlur?: () => void
}

const NONE: readonly LineProblem[] = []

export function CodeEditor({ value, file, label, readOnly = false, problems = NONE, line, onChange, onBlur }: CodeEditorProps) {
  const editor = useRef<ReactCodeMirrorRef>(null)
  const extensions = useMemo(
    () => [
      EditorView.cspNonce.of(nonce),
      look,
      colours,
      lintGutter(),
      ...languageOf(file),
      EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
      EditorState.readOnly.of(readOnly),
    ],
    [file, label, readOnly],
  )
  const show = () => {
    const view = editor.current?.view
    if (view) view.dispatch(setDiagnostics(view.state, diagnostics(view.state, problems)))
  }
  useEffect(show, [problems, value])
  useEffect(() => {
    const view = editor.current?.view
    if (view && line) goTo(view, line)
  }, [line])
  return (
    <CodeMirror
      ref={editor}
      className="code-editor"
      theme="none"
      height="100%"
      value={value}
      extensions={extensions}
      basicSetup={{ highlightSelectionMatches: false, autocompletion: false }}
      onCreateEditor={(view) => {
        view.dispatch(setDiagnostics(view.state, diagnostics(view.state, problems)))
        if (line) goTo(view, line)
      }}
      onChange={onChange}
      onBlur={() => onBlur?.()}
    />
  )
}

function goTo(view: EditorView, number: number): void {
  const line = view.state.doc.line(Math.min(number, view.state.doc.lines))
  view.dispatch({ selection: { anchor: line.from }, effects: EditorView.scrollIntoView(line.from, { y: 'center' }) })
  view.focus()
}

function diagnostics(state: EditorState, problems: readonly LineProblem[]): Diagnostic[] {
  return problems.map(({ line: number, severity, message }) => {
    const line = state.doc.line(Math.min(Math.max(1, number), state.doc.lines))
    const indent = line.text.length - line.text.trimStart().length
    return { from: line.from + indent, to: Math.max(line.to, line.from + indent), severity: severity === 'hint' ? 'info' : severity, message }
  })
}
