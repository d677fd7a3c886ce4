/** The frame of an assistant's pages: rail, top bar, the page, the Try dock and the drawer. */
import { useQuery } from '@tanstack/react-query'
import { Outlet, useParams } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { piece } from '../app/chunks'
import { KnownSlots } from '../app/KnownSlots'
import { assistantQuery } from '../app/queries'
import { storeOf } from '../app/stores'
import { DocumentsProvider } from '../documents'
import { Drawer } from '../drawer/Drawer'
import { useLive } from '../events/useLive'
import { SkipLink } from '../focus/SkipLink'
import { Failure } from '../ui/states'
import { Allowed } from './Allowed'
import { AssistantProvider, useMay } from './assistant'
import { AssistantKeys } from './AssistantKeys'
import { ConnectionBanner } from './ConnectionBanner'
import { Creating } from './Creating'
import { HomeFrame } from './HomeFrame'
import { useLayout } from './layout'
import { NotFound } from './NotFound'
import { BareFrame } from './pageStates'
import { Rail } from './Rail'
import { TopBar } from './TopBar'
import { TrainOnceMended } from './TrainOnceMended'
import { TrainingTold } from './TrainingTold'
import { words } from './words'

const TryDock = lazy(() => piece(() => import('../try/TryDock')))

export default function AssistantFrame() {
  const { assistant: name } = useParams({ from: '/a/$assistant' })
  const { data: assistant, error, refetch } = useQuery(assistantQuery(name))
  useLive(assistant?.id)
  if (error && !assistant)
    return (
      <HomeFrame>
        <div className="body">
          <main className="work" id="work">
            <h1 className="sr">{words.homeFrame.talkwright}</h1>
            <Failure what={words.assistantFrame.unreadable} error={error} again={() => void refetch()} />
          </main>
        </div>
      </HomeFrame>
    )
  if (assistant === undefined) return <BareFrame />
  if (assistant === null)
    return (
      <HomeFrame>
        <NotFound what={words.assistantFrame.assistant} />
      </HomeFrame>
    )
  return (
    <AssistantProvider value={assistant}>
      <DocumentsProvider value={storeOf(assistant.id)} key={assistant.id}>
        <KnownSlots>
        <div className="app">
          <SkipLink>{words.assistantFrame.skipToTheContent}</SkipLink>
          <Rail />
          <TopBar />
          <div className="main">
            <ConnectionBanner />
            <div className="body">
              <Allowed>
                <Outlet />
              </Allowed>
              <Dock />
            </div>
            <Drawer />
          </div>
        </div>
        </KnownSlots>
        <Creating />
        <AssistantKeys />
        <TrainingTold />
        <TrainOnceMended />
      </DocumentsProvider>
    </AssistantProvider>
  )
}

function Dock() {
  const open = useLayout((state) => state.dock)
  const may = useMay('chats:read')
  if (!open || !may) return null
  return (
    <Suspense fallback={null}>
      <TryDock />
    </Suspense>
  )
}
