// @vitest-environment jsdom
import { setDiagnostics, type Diagnostic } from '@codemirror/lint'
import { EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { afterEach, expect, it, vi } from 'vitest'
import '../test/layoutless'
import { linesWithProblems, problemMarks } from './problemMarks'

let view: EditorView
afterEach(() => view.destroy())

const TEXT = 'one\ntwo\nthree\nfour'
/** A problem of a whole line, counted from 1. */
function at(line: number, severity: Diagnostic['severity'], message: string, actions: Diagnostic['actions'] = []): Diagnostic {
  const { from, to } = EditorState.create({ doc: TEXT }).doc.line(line)
  return { from, to, severity, message, actions: [...actions] }
}

function shown(...problems: Diagnostic[]): EditorView {
  view = new EditorView({ doc: TEXT, extensions: [problemMarks], parent: document.body })
  view.dispatch(setDiagnostics(view.state, problems))
  return view
}

const told = () => [...view.dom.querySelectorAll('.cm-told > div')].map((row) => row.firstChild?.textContent)

const tinted = () => [...view.dom.querySelectorAll('.cm-line')].map((line) => line.className.match(/cm-tint-\w+/)?.[0] ?? '')
const goTo = (line: number) => view.dispatch({ selection: { anchor: view.state.doc.line(line).to } })

it('marks each line once beside the scrollbar, by its worst problem, and none for a hint', () => {
  shown(at(2, 'warning', 'a'), at(2, 'error', 'b'), at(3, 'info', 'c'), at(4, 'warning', 'd'))
  expect(linesWithProblems(view.state).map(({ line, severity }) => [view.state.doc.lineAt(line).number, severity])).toEqual([
    [2, 'error'],
    [4, 'warning'],
  ])
})

it('tells what is wrong where the cursor is, with names as names, and no longer once it is mended', () => {
  shown(at(2, 'warning', 'a draft'), at(2, 'error', 'no step `x`'), at(4, 'warning', 'a draft'))
  expect([told(), tinted()]).toEqual([[], ['', '', '', '']])
  goTo(2)
  expect([told(), tinted()]).toEqual([['a draft', 'no step x'], ['', 'cm-tint-error', '', '']])
  expect(view.dom.querySelector('.cm-told code')?.textContent).toBe('x')
  goTo(4)
  expect([told(), tinted()]).toEqual([['a draft'], ['', '', '', 'cm-tint-warning']])
  view.dispatch(setDiagnostics(view.state, []))
  expect([told(), tinted()]).toEqual([[], ['', '', '', '']])
})

it('offers the mend that is known now', () => {
  const [before, now] = [vi.fn(), vi.fn()]
  shown(at(1, 'error', 'no such step', [{ name: 'Mend it', apply: before }]))
  view.dispatch(setDiagnostics(view.state, [at(1, 'error', 'no such step', [{ name: 'Mend it', apply: now }])]))
  view.dom.querySelector<HTMLButtonElement>('.cm-told button')?.click()
  expect([before.mock.calls.length, now.mock.calls.length]).toEqual([0, 1])
})
