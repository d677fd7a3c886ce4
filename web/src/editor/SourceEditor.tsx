/** An item's own lines in the project's files, edited as text. The server reads them; what it can't read stays here. */
import { IconAlertCircle } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { draftKey, useDocuments, useDraft, type Document } from '../documents'
import { Unreadable } from '../files/Unreadable'
import { useMayWrite } from '../frame/assistant'
import { useOpenConflict } from '../frame/deciding'
import { Button, Segmented } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { SkeletonRows } from '../ui/states'
import { CodeEditor, type LineProblem } from './CodeEditor'
import { ConflictView } from './ConflictView'
import { words } from './words'
import './editor.css'

export default function SourceEditor({ document, line }: { document: Document; line?: number | undefined }) {
  const conflict = useOpenConflict(document.id)
  const [chosen, setPart] = useState(0)
  if (document.parts === null) return <SkeletonRows rows={12} widths={[24, 280]} height={22} />
  if (conflict) return <ConflictView conflict={conflict} />
  if (document.parts.length === 0) return <Unreadable document={document} />
  const part = Math.min(chosen, document.parts.length - 1)
  return (
    <div className="source">
      <div className="crumb">
        <span className="mono t2 ell">{document.parts[part]?.file}</span>
        {document.parts.length > 1 && (
          <Segmented
            label={words.part}
            value={String(part)}
            onChange={(value) => setPart(Number(value))}
            options={document.parts.map((each, i) => ({ value: String(i), label: each.file.split('/').at(-1) ?? each.file }))}
          />
        )}
      </div>
      <PartEditor key={`${document.id}/${part}`} document={document} part={part} line={line} />
    </div>
  )
}

function PartEditor({ document, part, line }: { document: Document; part: number; line?: number | undefined }) {
  const store = useDocuments()
  const may = useMayWrite(document.kind)
  const draft = useDraft(document.id, part)
  const shown = document.parts?.[part]
  const file = shown?.file ?? ''
  const { problems: found } = document
  const problems = useMemo((): LineProblem[] => {
    if (draft) return draft.line === null ? [] : [{ line: draft.line, severity: 'error', message: draft.detail }]
    return found
      .filter((problem) => problem.line !== null && (problem.file === undefined || problem.file === null || problem.file === file))
      .map(({ line: at, severity, message }) => ({ line: at ?? 1, severity, message }))
  }, [draft, found, file])
  if (shown === undefined) return null
  const change = (source: string) => {
    if (draft) store.discardDraft(draftKey(document.id, part))
    if (source === shown.source) return
    const { kind, name } = document
    store.type({ name: 'source', item: document.id, part, source, was: shown.source }, { name: 'edit-source', arguments: { kind, name } })
  }
  return (
    <>
      {draft && (
        <div className="banner source-draft" role="alert">
          <Icon of={IconAlertCircle} />
          <span>
            <span className="med">{words.notSaved}</span> {draft.line === null ? draft.detail || draft.title : words.atLine(draft.line, draft.detail || draft.title)}
          </span>
          <span className="sp" />
          <Button look="ghost" className="link" onClick={() => store.discardDraft(draftKey(document.id, part))}>
            {words.backToSaved}
          </Button>
        </div>
      )}
      <div className="source-text">
        <CodeEditor
          value={draft?.source ?? shown.source}
          file={shown.file}
          label={words.textOf(document.name)}
          readOnly={!may}
          problems={problems}
          line={line}
          onChange={change}
          onBlur={() => store.settle()}
        />
      </div>
    </>
  )
}
