/** Train, with the progress inside the button while a training runs. */
import { IconAlertCircle, IconCircleCheck, IconLoader2, IconPlayerPlay } from '@tabler/icons-react'
import { useEffect, useState, type ReactNode } from 'react'
import type { Training } from '../api'
import { Icon } from '../ui/Icon'
import { Button, type ButtonProps } from '../ui/controls'
import { useAssistant, useMay } from './assistant'
import { useComing } from './coming'
import { coming } from './comingWords'
import { runs, useLatestTraining } from './latestTraining'
import { goToDrawer } from './layout'
import { train } from './training'
import { useItemLink } from './useItemLink'
import { words as texts } from './words'

/** So long, in milliseconds, the end of a training is shown; and so long that its model starts, until the next may be trained. */
const SHOWN_TRAINED = 4000
const SHOWN_STARTING = 15_000

export function TrainButton() {
  const { id, deployment } = useAssistant()
  const mayRead = useMay('trainings:read')
  const mayTrain = useMay('trainings:write')
  const latest = useLatestTraining(id, mayRead)
  const next = useComing()
  const own = next !== null && next.version.id === latest?.version.id ? next.state : null
  const justEnded = useJustEnded(latest, own === 'starting' ? SHOWN_STARTING : SHOWN_TRAINED)
  const go = useItemLink()
  const [starting, setStarting] = useState(false)
  const running = runs(latest) ? latest : null
  if (running === null && !mayTrain) return null
  const start = () => {
    if (starting) return
    setStarting(true)
    void train(id, go).finally(() => setStarting(false))
  }
  // One button in all states, so that whoever pressed it stays on it.
  const { inside, ...look } =
    running !== null
      ? progress(running)
      : justEnded && latest?.state === 'succeeded'
        ? {
            inside: own === 'starting' ? <Starting /> : <Trained runs={deployment?.state === 'running' && deployment.version.id === latest.version.id} />,
            why: next?.reason ?? null,
            onClick: () => goToDrawer('log'),
          }
        : { inside: texts.trainButton.train, look: 'primary' as const, icon: starting ? IconLoader2 : IconPlayerPlay, 'aria-busy': starting, onClick: start }
  return (
    <>
      {running === null && latest?.state === 'failed' && (
        <Button look="danger" icon={IconAlertCircle} why={latest.reason} onClick={() => goToDrawer('log')}>
          <span className="wide">{texts.trainButton.trainingFailed}</span>
        </Button>
      )}
      {running === null && own === 'failed' && (
        <Button look="danger" icon={IconAlertCircle} why={next?.reason ?? null} onClick={() => goToDrawer('log')}>
          <span className="wide">{coming.failed}</span>
        </Button>
      )}
      <Button why={null} {...look}>{inside}</Button>
    </>
  )
}

function Starting() {
  return (
    <>
      <span className="c-run">
        <Icon of={IconLoader2} className="spin" />
      </span>
      {coming.starting}
    </>
  )
}

function Trained({ runs: answers }: { runs: boolean }) {
  return (
    <>
      <span className="c-ok">
        <Icon of={IconCircleCheck} />
      </span>
      {answers ? coming.runs : texts.trainButton.trained}
    </>
  )
}

/** The button while a training waits or runs: how far it is, and the way to its log. */
function progress(training: Training): ButtonProps & { inside: ReactNode } {
  const percent = Math.round(training.progress * 100)
  const queued = training.state === 'queued'
  const words = queued ? (training.place === null ? texts.trainButton.queued : texts.trainButton.queuedPlace(training.place)) : texts.trainButton.training(percent)
  return {
    look: 'primary',
    className: 'training',
    title: training.waiting ?? training.stage ?? undefined,
    onClick: () => goToDrawer('log'),
    inside: (
      <>
        <span aria-hidden className="training-rest" style={{ left: `${queued ? 0 : percent}%` }} />
        <span className="training-words">
          <Icon of={IconLoader2} className="spin" />
          <span className="num">{words}</span>
        </span>
        <span className="sr" role="status">
          {queued ? texts.trainButton.queued : texts.trainButton.percentDone(Math.floor(percent / 25) * 25)}
        </span>
      </>
    ),
  }
}

/** True for some milliseconds after a training that was seen running has ended. */
function useJustEnded(latest: Training | null, shown: number): boolean {
  const [seen, setSeen] = useState<string | null>(null)
  const running = runs(latest)
  const id = latest?.id ?? null
  if (running && seen !== id) setSeen(id)
  const ended = !running && id !== null && seen === id
  useEffect(() => {
    if (!ended) return undefined
    const timer = setTimeout(() => setSeen(null), shown)
    return () => clearTimeout(timer)
  }, [ended, shown])
  return ended
}
