/** How a chat begins: the assistant greets where it has something to say, and sentences to begin with are offered. */
import { useQuery } from '@tanstack/react-query'
import { useEffect, type ReactNode } from 'react'
import { versionsQuery } from '../app/queries'
import { focusSoon } from '../focus/soon'
import { useAssistant, useContentLanguage, useMay } from '../frame/assistant'
import { useComing, useStopped } from '../frame/coming'
import { coming } from '../frame/comingWords'
import { MESSAGE } from '../frame/layout'
import { StartVersion } from '../frame/StartVersion'
import { train } from '../frame/training'
import { useItemLink } from '../frame/useItemLink'
import { Button } from '../ui/controls'
import { Isolated } from '../ui/Isolated'
import { Failure, useSlow } from '../ui/states'
import { suggestionsQuery } from './queries'
import { saidIn } from './said'
import { beginAgain, greet, say, useChat } from './session'
import { Typing } from './Typing'
import { words } from './words'

export function Beginning() {
  const assistant = useAssistant()
  const { turns, pending, greeting, loading, error } = useChat(assistant.id)
  if (pending !== null && pending.failed === null) return null
  if (error !== null) return <Failure what={words.beginning.unreadable} error={error} again={() => beginAgain(assistant.id)} />
  if (loading) return <Loading />
  // Also under what was said before, as nothing more can be said then.
  if (assistant.deployment === null) return <NothingRuns />
  if (pending !== null || turns.some((turn) => saidIn(turn) !== null)) return null
  if (greeting?.busy) return <Typing />
  return <FirstWords isNew={turns.length === 0} />
}

/** Bubbles without words. */
function Loading() {
  const slow = useSlow(true)
  return (
    <div className="bubbles" aria-busy="true">
      <span className="sr">{words.beginning.loading}</span>
      {slow && [196, 128, 232].map((width, at) => <span key={width} className={at === 1 ? 'sk me' : 'sk'} style={{ width }} />)}
    </div>
  )
}

/** Why nobody answers: on its way, failed to start, trained and not running, or never trained. */
function NothingRuns() {
  const { id, training } = useAssistant()
  const go = useItemLink()
  const mayTrain = useMay('trainings:write')
  const next = useComing()
  const { data, isLoading } = useQuery({ ...versionsQuery(id), enabled: useMay('trainings:read') })
  const stopped = useStopped()
  const ready = data?.items.filter(({ model }) => model !== null) ?? []
  const last = ready.find((version) => version.id === stopped?.id)
  const trained = last ?? ready[0]
  if (next?.state === 'starting') return <Begin text={coming.chatOpens(next.version.name)} why={next.reason} />
  if (training?.state === 'queued' || training?.state === 'running') return <Begin text={words.beginning.beingTrained} />
  if (next?.state === 'failed') return <Begin text={coming.didNotStart(next.version.name)} why={next.reason ?? coming.noReason} action={<StartVersion version={next.version.id} again />} />
  if (trained) {
    const text = last ? words.beginning.wasStopped(last.name) : words.beginning.nothingAnswers(trained.name)
    return <Begin text={text} action={<StartVersion version={trained.id} label={words.beginning.run(trained.number)} />} />
  }
  if (isLoading && training !== null) return null
  const trainIt = (
    <Button look="primary" onClick={() => void train(id, go)}>
      {words.beginning.train}
    </Button>
  )
  return <Begin text={words.beginning.trainOnce} action={mayTrain && trainIt} />
}

function Begin({ text, why = null, action }: { text: string; why?: string | null; action?: ReactNode }) {
  return (
    <div className="beginning">
      <p className="t2">{text}</p>
      {why !== null && <p className="small t2">{why}</p>}
      {action}
    </div>
  )
}

/** A chat is only made for a greeting if the running model has one: opening the dock alone leaves no trace. */
function FirstWords({ isNew }: { isNew: boolean }) {
  const assistant = useAssistant()
  const language = useContentLanguage()
  const may = useMay('chats:write')
  const { data } = useQuery(suggestionsQuery(assistant.id, language, assistant.deployment))
  const greets = isNew && may && data?.greets === true
  useEffect(() => {
    if (greets) void greet(assistant.id, language)
  }, [greets, assistant.id, language])
  const begin = (text: string) => {
    void say(assistant.id, language, text)
    focusSoon(MESSAGE)
  }
  if (data === undefined || greets || data.texts.length === 0) return null
  return (
    <div className="beginning">
      <p className="t2">{words.beginning.howToBegin}</p>
      <div className="quick">
        {data.texts.slice(0, 6).map((text) => (
          <button key={text} type="button" onClick={() => begin(text)}>
            <Isolated text={text} />
          </button>
        ))}
      </div>
    </div>
  )
}
