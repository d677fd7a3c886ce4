/** The canvas of one flow with its inspector: what is shown follows from the documents, the selection and the chat. */
import { IconCurrentLocation } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useMemo, type ReactNode } from 'react'
import { useDocuments, type Document } from '../documents'
import { focusSoon } from '../focus/soon'
import { useAssistant, useContentLanguage, useMayWrite } from '../frame/assistant'
import { useFollowing, useLit } from '../try/lit'
import { Switch } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { Canvas } from './Canvas'
import { nodeOf } from './useStepKeys'
import { edgesOf, nodesOf, type Editing } from './elements'
import { Inspector } from './inspector/Inspector'
import { typeText, writtenText } from './responseText'
import { useByName, useSurroundings } from './surroundings'
import { viewOf } from './view'
import { words } from './words'

/** `children` stand over the canvas, beside the inspector. */
export function FlowCanvas({ flow, selected, children }: { flow: Document; selected: string | null; children: ReactNode }) {
  const navigate = useNavigate({ from: '/a/$assistant/flows/$flow' })
  const around = useSurroundings(flow)
  const view = useMemo(() => viewOf(flow, around), [flow, around])
  const lit = useLit(flow.name, view)
  const following = useFollowing()
  const editing = useEditing()
  const nodes = useMemo(() => nodesOf(flow, view, around, selected, lit, editing), [flow, view, around, selected, lit, editing])
  const edges = useMemo(() => edgesOf(view, lit), [view, lit])
  const select = (step: string | null) => void navigate({ search: (search) => ({ ...search, step: step ?? undefined }), replace: true })
  const leave = () => {
    if (selected !== null) focusSoon(() => nodeOf(selected))
    select(null)
  }
  return (
    <div className="body flow-body">
      <div className="work">
        {children}
        <Canvas flow={flow.id} nodes={nodes} edges={edges} selected={selected} onSelect={select} follow={following.on ? lit.active : selected}>
          {following.available && (
            <div className="cv-bar follow">
              <Icon of={IconCurrentLocation} />
              <span className="small">{words.flowCanvas.followingTheConversation}</span>
              <Switch checked={following.on} onChange={following.set} label={words.flowCanvas.followTheConversation} />
            </div>
          )}
        </Canvas>
      </div>
      {!following.available && <Inspector flow={flow} view={view} around={around} selected={selected} onClose={leave} />}
    </div>
  )
}

/** Texts are edited where they are read: this types into the response behind a caption. */
function useEditing(): Editing {
  const store = useDocuments()
  const responses = useByName('response')
  const language = useContentLanguage()
  const mainLanguage = useAssistant().language
  const may = useMayWrite('response')
  return useMemo(
    () => ({
      textOf: (name) => {
        const response = responses.get(name)
        return response ? writtenText(response, language, mainLanguage) : null
      },
      type: may
        ? (name, text) => {
            const response = responses.get(name)
            if (response) store.type(typeText(response, language, mainLanguage, text), { name: 'edit-text', arguments: { kind: 'response', name } })
          }
        : null,
      done: () => store.settle(),
    }),
    [store, responses, language, mainLanguage, may],
  )
}
