/** An item's own lines in the project's files, edited as text. The server reads them; what it can't read stays here. */
import type { EditorState } from '@codemirror/state'
import { IconAlertCircle } from '@tabler/icons-react'
import { useCallback, useMemo, useState, type Dispatch, type SetStateAction } from 'react'
import { draftKey, useDocuments, useDocumentsState, useDraft, type Document } from '../documents'
import { Unreadable } from '../files/Unreadable'
import { useAssistant, useMayWrite } from '../frame/assistant'
import { useOpenConflict } from '../frame/deciding'
import { canMend, mend } from '../frame/mending'
import { Button, Segmented } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { SkeletonRows } from '../ui/states'
import { CodeEditor, type LineProblem } from './CodeEditor'
import { ConflictView } from './ConflictView'
import { Crumb, type Reading } from './Crumb'
import { Outline } from './Outline'
import { partNames } from './partNames'
import { words } from './words'
import { yamlTextOf } from './yamlText'
import './editor.css'

export default function SourceEditor({ document, line }: { document: Document; line?: number | undefined }) {
  const conflict = useOpenConflict(document.id)
  const [chosen, setPart] = useState(0)
  const unread = useDocumentsState(({ drafts }) => document.parts?.findIndex((_, at) => draftKey(document.id, at) in drafts) ?? -1)
  const [led, setLed] = useState<number | null | undefined>(null)
  const [reading, setReading] = useState<Reading | null>(null)
  if (document.parts === null) return <SkeletonRows rows={12} widths={[24, 280]} height={22} />
  // Whoever is led here sees first what could not be read.
  if (led !== line) {
    setLed(line)
    if (unread >= 0) setPart(unread)
  }
  if (conflict) return <ConflictView conflict={conflict} />
  if (document.parts.length === 0) return <Unreadable document={document} />
  const part = Math.min(chosen, document.parts.length - 1)
  const { file, place } = document.parts[part] ?? { file: '', place: '' }
  return (
    <div className="source">
      <Crumb file={file} item={place === '' ? null : document.name} reading={reading}>
        {document.parts.length > 1 && (
          <Segmented
            label={words.part}
            value={String(part)}
            onChange={(value) => setPart(Number(value))}
            options={partNames(document.parts.map((each) => each.file)).map((called, i) => ({ value: String(i), label: <span className="ell">{called}</span> }))}
          />
        )}
      </Crumb>
      <PartEditor key={`${document.id}/${part}`} document={document} part={part} line={line} reading={reading} onReading={setReading} />
    </div>
  )
}

interface PartProps {
  document: Document
  part: number
  line: number | undefined
  reading: Reading | null
  onReading: Dispatch<SetStateAction<Reading | null>>
}

function PartEditor({ document, part, line, reading, onReading }: PartProps) {
  const store = useDocuments()
  const { id: assistant } = useAssistant()
  const may = useMayWrite(document.kind)
  const draft = useDraft(document.id, part)
  const shown = document.parts?.[part]
  const file = shown?.file ?? ''
  const source = draft?.source ?? shown?.source ?? ''
  const [asked, setAsked] = useState(line)
  const [go, setGo] = useState(line === undefined ? undefined : { line })
  if (asked !== line) {
    setAsked(line)
    if (line !== undefined) setGo({ line })
  }
  const { id, kind, name, problems: found } = document
  const problems = useMemo((): LineProblem[] => {
    if (draft) return draft.line === null ? [] : [{ line: draft.line, severity: 'error', message: draft.detail }]
    return found
      .filter((problem) => problem.line !== null && (problem.file === undefined || problem.file === null || problem.file === file))
      .map((problem) => {
        const { line: at, severity, message } = problem
        return { line: at ?? 1, severity, message, mend: may && canMend(problem) ? () => void mend(assistant, problem) : undefined }
      })
  }, [draft, found, file, may, assistant])
  const change = useCallback(
    (typed: string) => {
      if (shown === undefined) return
      if (draft) store.discardDraft(draftKey(id, part))
      if (typed === shown.source) return
      store.type({ name: 'source', item: id, part, source: typed, was: shown.source }, { name: 'edit-source', arguments: { kind, name } })
    },
    [store, draft, shown, id, kind, name, part],
  )
  const settle = useCallback(() => store.settle(), [store])
  const follow = useCallback(
    (state: EditorState) => {
      const { head: at } = state.selection.main
      onReading((before) => ({ doc: state.doc, at, text: isYaml(file) ? yamlTextOf(state, before?.text ?? null) : null }))
    },
    [onReading, file],
  )
  const goToLine = useCallback((next: number) => setGo({ line: next }), [])
  if (shown === undefined) return null
  return (
    <>
      {draft && (
        <div className="banner source-draft" role="alert">
          <Icon of={IconAlertCircle} />
          <span>
            <span className="med">{words.notSaved}</span> {draft.line === null ? draft.detail || draft.title : words.atLine(draft.line, draft.detail || draft.title)}
          </span>
          <span className="sp" />
          <Button look="ghost" className="link" onClick={() => store.discardDraft(draftKey(id, part))}>
            {words.backToSaved}
          </Button>
        </div>
      )}
      <div className="source-sides">
        <div className="source-text">
          <CodeEditor
            value={source}
            file={shown.file}
            label={words.textOf(name)}
            readOnly={!may}
            problems={problems}
            go={go}
            onChange={change}
            onState={follow}
            onBlur={settle}
          />
        </div>
        {reading?.text && <Outline text={reading.text} kind={kind} line={reading.doc.lineAt(reading.at).number} problems={problems} onGo={goToLine} />}
      </div>
    </>
  )
}

function isYaml(file: string): boolean {
  return /\.ya?ml$/i.test(file)
}
