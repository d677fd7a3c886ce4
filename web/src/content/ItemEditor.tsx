/** An item's head with what can be done to it as a whole, over its editor. Serves every kind. */
import { IconCode, IconForms, IconX } from '@tabler/icons-react'
import { lazy, Suspense, useEffect, useState, type ComponentType } from 'react'
import { piece } from '../app/chunks'
import type { Found } from '../app/useItemId'
import { useDocument, type Document } from '../documents'
import { ConflictView } from '../editor/ConflictView'
import { useAssistant } from '../frame/assistant'
import { useOpenConflict } from '../frame/deciding'
import { visited } from '../frame/layout'
import { ListButton } from '../frame/ListPlace'
import { SaveState } from '../frame/SaveState'
import { UndoButtons } from '../frame/UndoButtons'
import { ItemMenu } from '../items/ItemMenu'
import { IconButton, KindTile, Segmented } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { called, lookOf } from '../ui/kinds'
import { SeverityMark } from '../ui/marks'
import { Failure, SkeletonRows } from '../ui/states'
import { Message } from '../drawer/Problems'
import { words } from './words'

const SourceEditor = lazy(() => piece(() => import('../editor/SourceEditor')))
const ResponseEditor = lazy(() => piece(() => import('./ResponseEditor')))
const SlotEditor = lazy(() => piece(() => import('./SlotEditor')))
const IntentEditor = lazy(() => piece(() => import('../nlu/IntentEditor')))

const FORMS: Readonly<Record<string, ComponentType<{ document: Document }>>> = { response: ResponseEditor, slot: SlotEditor, intent: IntentEditor }

interface Props {
  kind: string
  name: string
  found: Found
  view: 'yaml' | undefined
  line: number | undefined
  onView: (view: 'yaml' | undefined) => void
  onClose: () => void
}

export function ItemEditor({ kind, name, found, view, line, onView, onClose }: Props) {
  // Once it is deleted here it is not asked for again while the page still leaves.
  const [gone, setGone] = useState(false)
  const { document, error, again } = useDocument(gone ? undefined : found.id)
  const conflict = useOpenConflict(found.id)
  const assistant = useAssistant()
  useEffect(() => {
    const path = window.location.pathname
    if (found.id !== undefined) visited({ kind, name, assistant: assistant.title, path })
  }, [found.id, kind, name, assistant.title])
  const Form = FORMS[kind]
  const asText = view === 'yaml' || Form === undefined
  if (found.error || error)
    return (
      <main className="work item" id="work">
        <Failure what={words.itemUnreadable(name)} error={found.error ?? error} again={found.error ? found.again : again} />
      </main>
    )
  return (
    <main className="work item" id="work" aria-label={name}>
      <div className="item-head">
        <ListButton />
        <KindTile kind={kind} name={name} large />
        <div className="grow">
          <div className="hs item-name">
            <h2 className="mono med ell">{called(name)}</h2>
          </div>
          <p className="micro t3">{document?.builtin ? words.builtInKind(lookOf(kind).one) : lookOf(kind).one}</p>
        </div>
        {Form && (
          <Segmented
            label={words.view}
            value={asText ? 'yaml' : 'form'}
            onChange={(next) => onView(next === 'yaml' ? 'yaml' : undefined)}
            options={[
              { value: 'form', label: <><Icon of={IconForms} size={14} />{words.inForm}</> },
              { value: 'yaml', label: <><Icon of={IconCode} size={14} />{words.inYaml}</> },
            ]}
          />
        )}
        <SaveState item={found.id} />
        <UndoButtons />
        {document && (
          <ItemMenu
            item={document}
            own={!document.builtin && document.revision > 0}
            onGone={() => {
              setGone(true)
              onClose()
            }}
          />
        )}
        <IconButton icon={IconX} label={words.close} small onClick={onClose} />
      </div>
      {document && !asText && <Findings document={document} />}
      <Suspense fallback={<SkeletonRows widths={[320]} rows={6} />}>
        {!document || document.parts === null ? (
          <SkeletonRows widths={[320]} rows={6} />
        ) : conflict ? (
          <ConflictView conflict={conflict} />
        ) : asText ? (
          <SourceEditor document={document} line={line} />
        ) : (
          <Form key={document.id} document={document} />
        )}
      </Suspense>
    </main>
  )
}

function Findings({ document }: { document: Document }) {
  if (document.problems.length === 0) return null
  return (
    <ul className="findings">
      {document.problems.map((problem) => (
        <li key={problem.key} className="hs">
          <SeverityMark severity={problem.severity} size={14} />
          <Message text={problem.message} />
        </li>
      ))}
    </ul>
  )
}
