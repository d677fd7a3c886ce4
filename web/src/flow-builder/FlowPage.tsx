/** A flow: canvas or YAML, and the inspector of what is selected. */
import { IconCode, IconSitemap } from '@tabler/icons-react'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useMemo } from 'react'
import { piece } from '../app/chunks'
import { useItemId } from '../app/useItemId'
import { isObject, useDocument, useDocumentsState, type Document } from '../documents'
import { ConflictView } from '../editor/ConflictView'
import { useAssistant } from '../frame/assistant'
import { useOpenConflict } from '../frame/deciding'
import { visited } from '../frame/layout'
import { ListButton } from '../frame/ListPlace'
import { NotFound } from '../frame/NotFound'
import { SaveState } from '../frame/SaveState'
import { UndoButtons } from '../frame/UndoButtons'
import { ItemMenu } from '../items/ItemMenu'
import { Segmented } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { called } from '../ui/kinds'
import { Failure, SkeletonRows, useSlow } from '../ui/states'
import { FlowCanvas } from './FlowCanvas'
import { GAP, NODE_WIDTH, ONE_LINE_HEIGHT, START_HEIGHT, TWO_LINES_HEIGHT } from './layout/sizes'
import { responsesOf } from './responseText'
import { words } from './words'

const SourceEditor = lazy(() => piece(() => import('../editor/SourceEditor')))

export default function FlowPage() {
  const { flow: name } = useParams({ from: '/a/$assistant/flows/$flow' })
  const assistant = useAssistant()
  const found = useItemId('flow', name)
  const id = found.id
  const { document, error, again } = useDocument(id)
  useEffect(() => {
    if (id !== undefined) visited({ kind: 'flow', name, assistant: assistant.title, path: window.location.pathname })
  }, [id, name, assistant])
  if (found.missing) return <NotFound what={words.flowPage.flow} />
  if (found.error || error)
    return (
      <main className="work" id="work">
        <Failure what={words.flowPage.unreadable} error={found.error ?? error} again={found.error ? found.again : again} />
      </main>
    )
  if (document === undefined || document.parts === null) return <FlowSkeleton />
  return <OpenFlow flow={document} />
}

function OpenFlow({ flow }: { flow: Document }) {
  const { view, line, step } = useSearch({ from: '/a/$assistant/flows/$flow' })
  const own = useOpenConflict(flow.id)
  const said = useMemo(() => responsesOf(flow.body), [flow.body])
  const response = useDocumentsState(({ conflicts }) => Object.values(conflicts).find(({ mine }) => mine.kind === 'response' && said.has(mine.name))?.item)
  // A text of the flow is typed on its canvas: what became two of it is decided there too.
  const ofResponse = useOpenConflict(response)
  const conflict = own ?? ofResponse
  return (
    <main className="work" id="work" aria-label={words.flowPage.flowNamed(flow.name)}>
      {view === 'yaml' ? (
        <>
          <FlowToolbar flow={flow} text={response} />
          {ofResponse && !own ? (
            <ConflictView key={ofResponse.item} conflict={ofResponse} />
          ) : (
            <Suspense fallback={<SkeletonRows rows={12} widths={[24, 280]} height={22} />}>
              <SourceEditor document={flow} line={line} />
            </Suspense>
          )}
        </>
      ) : (
        <FlowCanvas flow={flow} selected={step ?? null}>
          <FlowToolbar flow={flow} text={response} />
          {conflict && <ConflictView key={conflict.item} conflict={conflict} />}
        </FlowCanvas>
      )}
    </main>
  )
}

/** `text` is a response of the flow, two versions of which wait for a choice. */
function FlowToolbar({ flow, text }: { flow: Document; text?: string | undefined }) {
  const { name: assistant } = useAssistant()
  const navigate = useNavigate({ from: '/a/$assistant/flows/$flow' })
  const { view } = useSearch({ from: '/a/$assistant/flows/$flow' })
  const title = isObject(flow.body) && typeof flow.body['name'] === 'string' ? flow.body['name'] : called(flow.name).replaceAll(/[_-]/g, ' ')
  return (
    <div className="toolbar">
      <ListButton />
      <h1 className="h ell" style={{ fontSize: 15 }} title={flow.name}>
        {title.charAt(0).toUpperCase() + title.slice(1)}
      </h1>
      {flow.builtin && <span className="tag">{words.flowPage.builtIn}</span>}
      <span className="vr" />
      <Segmented
        label={words.flowPage.view}
        value={view ?? 'canvas'}
        options={[
          { value: 'canvas', label: <><Icon of={IconSitemap} size={14} /> {words.flowPage.canvas}</> },
          { value: 'yaml', label: <><Icon of={IconCode} size={14} /> {words.flowPage.yaml}</> },
        ]}
        onChange={(next) => void navigate({ search: (search) => ({ ...search, view: next === 'yaml' ? 'yaml' : undefined, line: undefined }) })}
      />
      <span className="sp" />
      <SaveState item={text ?? flow.id} />
      <UndoButtons />
      <ItemMenu
        item={flow}
        own={!flow.builtin && flow.revision > 0}
        onGone={() => void navigate({ to: '/a/$assistant/flows', params: { assistant } })}
      />
    </div>
  )
}

/** The first nodes of a flow, without words. */
function FlowSkeleton() {
  const slow = useSlow(true)
  return (
    <main className="work" id="work" aria-busy="true">
      <span className="sr">{words.flowPage.loading}</span>
      <div className="toolbar">{slow && <span className="sk" style={{ width: 180 }} />}</div>
      <div className="canvas ghosts">
        {slow &&
          [START_HEIGHT, ONE_LINE_HEIGHT, TWO_LINES_HEIGHT, ONE_LINE_HEIGHT].map((height, at) => (
            <div key={at} className="ghost" style={{ width: NODE_WIDTH, height, marginBottom: GAP }}>
              <span className="sk" style={{ width: 120 - at * 8 }} />
              {height > START_HEIGHT && <span className="sk dim" style={{ width: 190 - at * 16 }} />}
            </div>
          ))}
      </div>
    </main>
  )
}
