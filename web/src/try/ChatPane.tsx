/** The chat as a channel would show it. */
import { IconAlertTriangle, IconArrowUp, IconLoader2, IconRefresh } from '@tabler/icons-react'
import { useEffect, useRef, type KeyboardEvent, type RefObject } from 'react'
import type { Turn } from '../api/chats'
import { focusSoon } from '../focus/soon'
import { useAssistant, useContentLanguage } from '../frame/assistant'
import { answersUntil, useComing } from '../frame/coming'
import { MESSAGE } from '../frame/layout'
import { Button, IconButton, Why } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { Isolated } from '../ui/Isolated'
import { Beginning } from './Beginning'
import { BotMessage } from './BotMessage'
import { saidIn } from './said'
import { say, sayAgain, update, useChat } from './session'
import { Typing } from './Typing'
import { words } from './words'

export function ChatPane() {
  const assistant = useAssistant()
  const { id, turns, pending, loading } = useChat(assistant.id)
  const end = useNewest(`${id} ${pending?.id ?? ''}`)
  return (
    <div className="chat">
      <section className="scroll" aria-label={words.chatPane.conversation} aria-live="polite" aria-busy={loading || undefined}>
        <div className="talk">
          {turns.map((turn, index) => (
            <TurnBubbles key={turn.number} turn={turn} last={index + 1 === turns.length && pending === null} />
          ))}
          <PendingBubble />
          <Beginning />
          <div ref={end} />
        </div>
      </section>
      <Answers />
      <Compose />
    </div>
  )
}

/** Says who answers while a model is on its way. */
function Answers() {
  const { deployment } = useAssistant()
  const next = useComing()
  if (next === null || deployment === null) return null
  return (
    <p className={`answers hs small ${next.state === 'starting' ? 'c-run' : 'c-warn'}`}>
      <Icon of={next.state === 'starting' ? IconLoader2 : IconAlertTriangle} size={14} className={next.state === 'starting' ? 'spin' : ''} />
      <Why why={next.reason}>{answersUntil(next, deployment)}</Why>
    </p>
  )
}

/** How far from the end, in pixels, still counts as at it. */
const NEAR = 48

/** Keeps the end in sight whenever `newest` changes, and whenever the room changes for somebody who was there. */
function useNewest(newest: string): RefObject<HTMLDivElement | null> {
  const end = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (newest !== '') end.current?.scrollIntoView({ block: 'end' })
  }, [newest])
  useEffect(() => {
    const talk = end.current?.parentElement
    const room = talk?.parentElement
    if (!talk || !room) return
    let isThere = true
    const look = () => {
      isThere = room.scrollHeight - room.scrollTop - room.clientHeight <= NEAR
    }
    const observer = new ResizeObserver(() => {
      if (isThere) room.scrollTop = room.scrollHeight
    })
    room.addEventListener('scroll', look, { passive: true })
    observer.observe(room)
    observer.observe(talk)
    return () => {
      room.removeEventListener('scroll', look)
      observer.disconnect()
    }
  }, [])
  return end
}

function TurnBubbles({ turn, last }: { turn: Turn; last: boolean }) {
  const said = saidIn(turn)
  const messages = turn.entries.filter(({ kind }) => kind === 'bot')
  return (
    <>
      {turn.notice && <p className="micro t3 aside">{turn.notice}</p>}
      {said && <Said text={said} />}
      {messages.map((entry, index) => (
        // Messages of a turn have no id of their own and never change their order.
        // oxlint-disable-next-line react/no-array-index-key
        <BotMessage key={index} entry={entry} live={last && index + 1 === messages.length} />
      ))}
      {messages.length === 0 && said && <p className="micro t3 aside">{words.chatPane.theAssistantSaidNothing}</p>}
      {turn.duration_ms !== null && messages.length > 0 && <p className="micro t3 num took">{seconds(turn.duration_ms)}</p>}
    </>
  )
}

/** The person's own words. */
function Said({ text }: { text: string }) {
  return (
    <div className="bubble me" dir="auto">
      <Isolated text={text} />
    </div>
  )
}

function seconds(milliseconds: number): string {
  return milliseconds < 995 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(2)} s`
}

function PendingBubble() {
  const assistant = useAssistant()
  const language = useContentLanguage()
  const { pending } = useChat(assistant.id)
  if (pending === null) return null
  return (
    <>
      <Said text={pending.title ?? pending.text} />
      {pending.failed === null ? (
        <Typing />
      ) : (
        <div className="say-again" role="alert">
          <p className="c-err small">
            {pending.failed.title}. {pending.failed.detail}
          </p>
          <Button icon={IconRefresh} onClick={() => void sayAgain(assistant.id, language)}>
            {words.chatPane.sendAgain}
          </Button>
        </div>
      )}
    </>
  )
}

function Compose() {
  const assistant = useAssistant()
  const language = useContentLanguage()
  const { pending, greeting, state, draft: text } = useChat(assistant.id)
  const setText = (draft: string) => update(assistant.id, { draft })
  if (assistant.deployment === null) return null
  const busy = pending?.failed === null || greeting?.busy === true
  const send = () => {
    if (text.trim() === '' || busy) return
    void say(assistant.id, language, text.trim())
    setText('')
  }
  const keys = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send()
  }
  return (
    <div className="compose">
      {state?.terminated && <p className="micro t3 aside">{words.chatPane.ended}</p>}
      <div className="input">
        <textarea id={MESSAGE} rows={1} aria-label={words.chatPane.yourMessage} placeholder={words.chatPane.saySomething} value={text} onChange={(event) => setText(event.target.value)} onKeyDown={keys} />
        {text.trim() !== '' && !busy && <IconButton icon={IconArrowUp} label={words.chatPane.send} small className="send" onClick={() => {
            send()
            focusSoon(MESSAGE)
          }} />}
      </div>
    </div>
  )
}
