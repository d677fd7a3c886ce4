/** A code editor in the product's look: line numbers, highlighting, problems at their lines. */
import { json } from '@codemirror/lang-json'
import { markdown } from '@codemirror/lang-markdown'
import { python } from '@codemirror/lang-python'
import { yaml } from '@codemirror/lang-yaml'
import { HighlightStyle, syntaxHighlighting, syntaxTree } from '@codemirror/language'
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint'
import { EditorState, type Extension } from '@codemirror/state'
import { EditorView, type ViewUpdate } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import CodeMirror, { type ReactCodeMirrorRef } from '@uiw/react-codemirror'
import { memo, useCallback, useEffect, useMemo, useRef } from 'react'
import { nonce } from '../app/nonce'
import { problemMarks } from './problemMarks'
import { words } from './words'

export interface LineProblem {
  /** Counted from 1. */
  line: number
  severity: 'error' | 'warning' | 'hint'
  message: string
  /** Where it is known how: mends it. */
  mend?: (() => void) | undefined
}

const LANGUAGES: Readonly<Record<string, () => Extension>> = { yml: yaml, yaml, json, md: markdown, py: python }

function languageOf(file: string): Extension[] {
  const make = LANGUAGES[file.split('.').at(-1)?.toLowerCase() ?? '']
  return make ? [make()] : []
}

/** The marks of problems as everywhere else, in the theme's colours: a shape that lets its background through. */
function mark(shape: string, colour: string) {
  const drawn = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#000" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${shape}</svg>`
  return { content: 'normal', width: '14px', height: '14px', margin: '3px 0', backgroundColor: colour, mask: `url("data:image/svg+xml,${encodeURIComponent(drawn)}") center / contain no-repeat` }
}
const CIRCLE = '<path d="M3 12a9 9 0 1 0 18 0a9 9 0 0 0 -18 0"/><path d="M12 8v4"/><path d="M12 16h.01"/>'
const TRIANGLE =
  '<path d="M12 9v4"/><path d="M10.363 3.591l-8.106 13.534a1.914 1.914 0 0 0 1.636 2.871h16.214a1.914 1.914 0 0 0 1.636 -2.87l-8.106 -13.536a1.914 1.914 0 0 0 -3.274 0"/><path d="M12 16h.01"/>'
const BULB =
  '<path d="M3 12h1m8 -9v1m8 8h1m-15.4 -6.4l.7 .7m12.1 -.7l-.7 .7"/><path d="M9 16a5 5 0 1 1 6 0a3.5 3.5 0 0 0 -1 3a2 2 0 0 1 -4 0a3.5 3.5 0 0 0 -1 -3"/><path d="M9.7 17l4.6 0"/>'

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
  '.cm-diagnostic-info': { color: 'var(--accent-text)' },
  '.cm-lintRange-info': { backgroundImage: 'none', textDecoration: 'underline wavy var(--accent-text) 1.2px', textUnderlineOffset: '4px' },
  '.cm-lintRange-warning': { backgroundImage: 'none', textDecoration: 'underline wavy var(--warn-mark) 1.2px', textUnderlineOffset: '4px' },
  '.cm-gutter-lint': { width: '20px' },
  '.cm-gutter-lint .cm-gutterElement': { padding: '0 3px' },
  '.cm-lint-marker-error': mark(CIRCLE, 'var(--err)'),
  '.cm-lint-marker-warning': mark(TRIANGLE, 'var(--warn)'),
  '.cm-lint-marker-info': mark(BULB, 'var(--accent-text)'),
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
  /** Goes to this line whenever it is another object. */
  go?: { line: number } | undefined
  onChange: (value: string) => void
  /** The text, how it is read, or where the cursor is, is another now. */
  onState?: (state: EditorState) => void
  onBlur?: () => void
}

const NONE: readonly LineProblem[] = []

/** Keeps still while only the cursor moves: each of its renderings sets the whole editor up anew. */
export const CodeEditor = memo(function CodeEditor({ value, file, label, readOnly = false, problems = NONE, go, onChange, onState, onBlur }: CodeEditorProps) {
  const editor = useRef<ReactCodeMirrorRef>(null)
  const extensions = useMemo(
    () => [
      EditorView.cspNonce.of(nonce),
      look,
      colours,
      lintGutter(),
      problemMarks,
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
    if (view && go) goTo(view, go.line)
  }, [go])
  const update = useCallback(
    ({ state, startState, selectionSet, docChanged }: ViewUpdate) => {
      if (selectionSet || docChanged || syntaxTree(state) !== syntaxTree(startState)) onState?.(state)
    },
    [onState],
  )
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
        if (go) goTo(view, go.line)
        onState?.(view.state)
      }}
      onChange={onChange}
      onUpdate={update}
      onBlur={() => onBlur?.()}
    />
  )
})

function goTo(view: EditorView, number: number): void {
  const line = view.state.doc.line(Math.min(number, view.state.doc.lines))
  view.dispatch({ selection: { anchor: line.from }, effects: EditorView.scrollIntoView(line.from, { y: 'center' }) })
  view.focus()
}

function diagnostics(state: EditorState, problems: readonly LineProblem[]): Diagnostic[] {
  return problems.map(({ line: number, severity, message, mend }) => {
    const line = state.doc.line(Math.min(Math.max(1, number), state.doc.lines))
    const indent = line.text.length - line.text.trimStart().length
    return { from: line.from + indent, to: Math.max(line.to, line.from + indent), severity: severity === 'hint' ? 'info' : severity, message, actions: mend ? [{ name: words.mend, apply: mend }] : [] }
  })
}
