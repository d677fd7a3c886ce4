/** A line with a problem is tinted where the cursor is, and says it below itself; all such lines show beside the scrollbar. */
import { forEachDiagnostic, setDiagnosticsEffect, type Diagnostic } from '@codemirror/lint'
import { StateField, type EditorState, type Extension, type Transaction } from '@codemirror/state'
import { Decoration, EditorView, ViewPlugin, WidgetType, type DecorationSet, type ViewUpdate } from '@codemirror/view'
import { pieces } from '../ui/pieces'

type Severity = 'error' | 'warning'
interface Found {
  /** Where its line begins. */
  line: number
  severity: Severity
}

/** The lines with errors or warnings, in their order, each once with its worst; hints have their mark in the gutter alone. */
export function linesWithProblems(state: EditorState): Found[] {
  const worst = new Map<number, Severity>()
  forEachDiagnostic(state, ({ severity }, from) => {
    if (severity !== 'error' && severity !== 'warning') return
    const line = state.doc.lineAt(from).from
    if (worst.get(line) !== 'error') worst.set(line, severity)
  })
  return [...worst].map(([line, severity]) => ({ line, severity })).toSorted((a, b) => a.line - b.line)
}

/** What is wrong on the line with the cursor, and the button that mends it where it is known how. */
class Told extends WidgetType {
  constructor(
    private readonly problems: readonly Diagnostic[],
    private readonly tint: string,
  ) {
    super()
  }

  override eq(other: Told): boolean {
    return other.problems.length === this.problems.length && other.problems.every((problem, i) => problem === this.problems[i])
  }

  override toDOM(view: EditorView): HTMLElement {
    const box = document.createElement('div')
    box.className = `cm-told ${this.tint}`
    for (const problem of this.problems) {
      const row = document.createElement('div')
      row.className = `cm-told-${problem.severity}`
      const text = document.createElement('span')
      text.append(...pieces(problem.message).map(({ text: piece, isName }) => (isName ? code(piece) : piece)))
      row.append(text)
      for (const { name, apply } of problem.actions ?? []) {
        const button = document.createElement('button')
        button.type = 'button'
        button.className = 'btn small-btn'
        button.textContent = name
        button.addEventListener('click', () => apply(view, problem.from, problem.to))
        row.append(button)
      }
      box.append(row)
    }
    return box
  }

  override get estimatedHeight(): number {
    return 30 * this.problems.length
  }
}

function code(name: string): HTMLElement {
  const element = document.createElement('code')
  element.className = 'mono'
  element.textContent = name
  return element
}

function decorated(state: EditorState): DecorationSet {
  const here = state.doc.lineAt(state.selection.main.head)
  const problems: Diagnostic[] = []
  forEachDiagnostic(state, (problem, from) => {
    if (from >= here.from && from <= here.to) problems.push(problem)
  })
  if (problems.length === 0) return Decoration.none
  const tint = tintOf(problems)
  return Decoration.set([Decoration.line({ class: tint }).range(here.from), Decoration.widget({ widget: new Told(problems, tint), block: true, side: 1 }).range(here.to)])
}

function tintOf(problems: readonly Diagnostic[]): string {
  for (const severity of ['error', 'warning']) if (problems.some((problem) => problem.severity === severity)) return `cm-tint-${severity}`
  return ''
}

/** Whether other problems are known now. */
const findsAnew = ({ effects }: Transaction) => effects.some((effect) => effect.is(setDiagnosticsEffect))

const lines = StateField.define<DecorationSet>({
  create: decorated,
  update: (value, change) => (change.docChanged || change.selection || findsAnew(change) ? decorated(change.state) : value),
  provide: (field) => EditorView.decorations.from(field),
})

/** A mark for each such line where the scrollbar would have to be for it to be in sight. */
const scrollMarks = ViewPlugin.define((view) => {
  const ruler = document.createElement('div')
  ruler.className = 'cm-scroll-marks'
  ruler.setAttribute('aria-hidden', 'true')
  view.dom.append(ruler)
  const draw = {
    key: scrollMarks,
    read: ({ state, scrollDOM, documentPadding }: EditorView) =>
      linesWithProblems(state).map(({ line, severity }) => ({ severity, share: (documentPadding.top + view.lineBlockAt(line).top) / Math.max(1, scrollDOM.scrollHeight) })),
    write: (marks: readonly { severity: Severity; share: number }[]) =>
      ruler.replaceChildren(
        ...marks.map(({ severity, share }) => {
          const mark = document.createElement('span')
          mark.className = `cm-scroll-${severity}`
          mark.style.top = `${share * 100}%`
          return mark
        }),
      ),
  }
  view.requestMeasure(draw)
  return {
    update: ({ docChanged, geometryChanged, transactions }: ViewUpdate) => {
      if (docChanged || geometryChanged || transactions.some(findsAnew)) view.requestMeasure(draw)
    },
    destroy: () => ruler.remove(),
  }
})

/** A shade lighter than elsewhere: a comment has to stay readable on it. */
const ERROR_TINT = 'color-mix(in srgb, var(--err-soft) 85%, var(--surface))'

const look = EditorView.theme({
  '.cm-tint-error, .cm-tint-error.cm-activeLine': { backgroundColor: ERROR_TINT },
  '.cm-tint-warning, .cm-tint-warning.cm-activeLine': { backgroundColor: 'var(--warn-soft)' },
  // Lines are never wrapped and the text is as wide as the longest; what is told stays in sight, beside the gutters.
  '.cm-scroller': { containerType: 'inline-size' },
  '.cm-told': { display: 'flex', flexDirection: 'column', alignItems: 'flex-start', gap: '4px', padding: '2px 16px 8px 48px', font: '500 12px/18px var(--font-sans)', letterSpacing: '0' },
  '.cm-told > div': { position: 'sticky', left: '84px', display: 'flex', alignItems: 'center', gap: '12px', maxWidth: 'calc(100cqw - 150px)', padding: '4px 10px', border: '1px solid', borderRadius: '6px', backgroundColor: 'var(--surface-float)', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  '.cm-told button': { flex: 'none' },
  '.cm-told > .cm-told-error': { color: 'var(--err)', borderColor: 'var(--err-line)' },
  '.cm-told > .cm-told-warning': { color: 'var(--warn)', borderColor: 'var(--warn-line)' },
  '.cm-told > .cm-told-info': { color: 'var(--accent-text)', borderColor: 'var(--accent-line)' },
  '.cm-scroll-marks': { position: 'absolute', inset: '0 2px 0 auto', width: '8px', pointerEvents: 'none' },
  '.cm-scroll-marks > span': { position: 'absolute', right: '0', width: '8px', height: '2px', borderRadius: '1px' },
  '.cm-scroll-error': { backgroundColor: 'var(--err)' },
  '.cm-scroll-warning': { backgroundColor: 'var(--warn-mark)' },
})

/** The extension; what it shows are the editor's diagnostics. */
export const problemMarks: Extension = [lines, scrollMarks, look]
