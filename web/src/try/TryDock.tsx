/** Talk with the assistant beside any page: the chat, and what it understood and did. */
import './try.css'
import { IconCircleCheck, IconLoader2, IconMessagePlus, IconMoon, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import type { Deployment } from '../api'
import { versionsQuery } from '../app/queries'
import { useAssistant } from '../frame/assistant'
import { useComing, useStopped } from '../frame/coming'
import { focusOn } from '../focus/keeper'
import { onEscape } from '../focus/onEscape'
import { MESSAGE, toggleDock, useOverlays } from '../frame/layout'
import { ModelNotice } from '../frame/ModelNotice'
import { modifier } from '../frame/keys'
import { IconButton, Segmented, Why } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { whyOf } from '../ui/marks'
import { plural, shortTime } from '../ui/time'
import { ChatPane } from './ChatPane'
import { Earlier } from './Earlier'
import { followElsewhere } from './elsewhere'
import { openLatest, startOver, useChat, useSessions } from './session'
import { StateNow } from './StateNow'
import { Timeline } from './Timeline'
import { words } from './words'

export default function TryDock() {
  const assistant = useAssistant()
  const { deployment } = assistant
  const { turns } = useChat(assistant.id)
  // Where there is room for one column only.
  const [shown, setShown] = useState<'chat' | 'timeline'>('chat')
  useEffect(() => void openLatest(assistant.id), [assistant.id])
  useEffect(() => followElsewhere(assistant.id), [assistant.id])
  useFollowedFlow(assistant.id, assistant.name)
  useFocusWhereAsked()
  return (
    // Escape leaves it from wherever in it the focus is.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section className="dock" id="dock" aria-label={words.tryDock.tryTheAssistant} onKeyDown={onEscape(toggleDock)}>
      <header className="toolbar dock-head">
        <h2 className="h">{words.tryDock.try}</h2>
        <Running />
        <span className="sp" />
        <Earlier assistant={assistant.id} />
        {turns.length > 0 && <IconButton icon={IconMessagePlus} label={words.tryDock.newChat} onClick={() => startOver(assistant.id)} />}
        <IconButton icon={IconX} label={words.tryDock.close} keys={`${modifier}J`} onClick={toggleDock} />
      </header>
      <ModelNotice problems={deployment?.problems ?? []} />
      <div className="dock-switch">
        <Segmented
          full
          label={words.tryDock.show}
          value={shown}
          onChange={setShown}
          options={[
            { value: 'chat', label: words.tryDock.chat },
            { value: 'timeline', label: words.tryDock.timeline },
          ]}
        />
      </div>
      <div className="cols" data-shown={shown}>
        <ChatPane />
        <div className="insp">
          <h3 className="insp-title h small">{words.tryDock.timeline}</h3>
          <Timeline />
          <StateNow />
        </div>
      </div>
    </section>
  )
}

/** Whoever opened it goes on in it: with the message, where something can be said already. */
function useFocusWhereAsked(): void {
  useEffect(() => {
    if (!useOverlays.getState().asked) return
    useOverlays.setState({ asked: false })
    focusOn(document.getElementById(MESSAGE) ?? document.getElementById('dock'))
  }, [])
}

/** Which version answers, or what is on its way. */
function Running() {
  const { deployment } = useAssistant()
  const next = useComing()
  const stopped = useStopped()
  if (deployment === null) return <span className="small t3">{stopped ? words.tryDock.wasStopped(stopped.name) : words.tryDock.nothingRunsYet}</span>
  const { version } = deployment
  const running = deployment.state === 'running'
  // While it wakes, it is on its way; while a newer one starts, that gets what is said.
  const starts = deployment.asleep && next?.state === 'starting' ? next : null
  const asleep = deployment.asleep && starts === null
  const settled = running || asleep
  return (
    <span className={`status small ${running ? 'c-ok' : asleep ? '' : 'c-run'}`}>
      <Icon of={running ? IconCircleCheck : asleep ? IconMoon : IconLoader2} size={14} className={settled ? '' : 'spin'} />
      <Why className="t2" why={starts === null ? whyOf(deployment) : starts.reason}>
        {starts === null ? told(deployment) : onItsWay(starts.version, version)}
      </Why>
      {settled && <Since version={version} asleep={asleep} />}
    </span>
  )
}

function onItsWay(starts: { id: string; name: string }, now: { id: string }): string {
  return starts.id === now.id ? words.tryDock.wakes(starts.name) : words.tryDock.isOnItsWay(starts.name, 'starting')
}

function told({ version, state, asleep, ready_at, created_at }: Deployment): string {
  if (asleep) return words.tryDock.sleeps(version.name)
  return state === 'running' ? words.tryDock.runsSince(version.name, shortTime(ready_at ?? created_at)) : words.tryDock.isOnItsWay(version.name, state)
}

/** Whether the running version is the content as it is now. */
function Since({ version, asleep }: { version: { id: string; name: string }; asleep: boolean }) {
  const { id, last_change } = useAssistant()
  const { data } = useQuery(versionsQuery(id))
  const at = data?.items.find((each) => each.id === version.id)?.change
  if (at === undefined || last_change === null) return null
  const changes = last_change.number - at
  if (changes <= 0) return <span className="t3">· {asleep ? words.tryDock.currentAsleep : words.tryDock.current}</span>
  return (
    <Why className="c-warn" why={words.tryDock.changesSinceWhy}>
      · {words.tryDock.changesSince(plural(changes, 'change'), version.name)}
    </Why>
  )
}

/** While the conversation is followed, the flow that it goes to is opened on the canvas. */
function useFollowedFlow(id: string, name: string): void {
  const navigate = useNavigate()
  // Undefined until the conversation is read, null while none is followed.
  const flow = useSessions(({ sessions }) => {
    const session = sessions[id]
    // Nobody's page is left for what was said elsewhere.
    if (session === undefined || session.loading || session.elsewhere) return undefined
    return session.following ? (session.state?.flow ?? null) : null
  })
  const known = useRef<string | null>(undefined)
  useEffect(() => {
    if (flow === undefined) return
    const atFirst = known.current === undefined
    known.current = flow
    if (flow === null || flow.startsWith('pattern_')) return
    const flows = `/a/${name}/flows`
    const here = window.location.pathname
    if (!here.startsWith(flows) || here === `${flows}/${flow}`) return
    // Where a conversation was before the page was opened is no reason to leave what the address names.
    if (atFirst && here !== flows) return
    void navigate({ to: '/a/$assistant/flows/$flow', params: { assistant: name, flow }, search: {} })
  }, [flow, name, navigate])
}
