/** Train, with the progress inside the button while a training runs. */
import { IconAlertCircle, IconCircleCheck, IconLoader2, IconPlayerPlay } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import type { Training } from '../api'
import { Icon } from '../ui/Icon'
import { Button } from '../ui/controls'
import { useAssistant, useMay } from './assistant'
import { openDrawer } from './layout'
import { runs, train, useLatestTraining } from './training'
import { words as texts } from './words'

const SHOWN_TRAINED = 4000

export function TrainButton() {
  const { id } = useAssistant()
  const mayRead = useMay('trainings:read')
  const mayTrain = useMay('trainings:write')
  const latest = useLatestTraining(id, mayRead)
  const justEnded = useJustEnded(latest)
  const [starting, setStarting] = useState(false)
  if (runs(latest) && latest !== null) return <Running training={latest} />
  if (!mayTrain) return null
  if (justEnded && latest?.state === 'succeeded') {
    return (
      <Button onClick={() => openDrawer('log')}>
        <span className="c-ok">
          <Icon of={IconCircleCheck} />
        </span>
        {texts.trainButton.trained}
      </Button>
    )
  }
  const start = () => {
    setStarting(true)
    void train(id).finally(() => setStarting(false))
  }
  return (
    <>
      {latest?.state === 'failed' && (
        <Button look="danger" icon={IconAlertCircle} title={latest.reason ?? undefined} onClick={() => openDrawer('log')}>
          {texts.trainButton.trainingFailed}
        </Button>
      )}
      <Button look="primary" icon={starting ? IconLoader2 : IconPlayerPlay} aria-busy={starting} onClick={start}>
        {texts.trainButton.train}
      </Button>
    </>
  )
}

function Running({ training }: { training: Training }) {
  const percent = Math.round(training.progress * 100)
  const queued = training.state === 'queued'
  const words = queued ? (training.place === null ? texts.trainButton.queued : texts.trainButton.queuedPlace(training.place)) : texts.trainButton.training(percent)
  return (
    <Button look="primary" className="training" title={training.waiting ?? training.stage ?? undefined} onClick={() => openDrawer('log')}>
      <span aria-hidden className="training-rest" style={{ left: `${queued ? 0 : percent}%` }} />
      <span className="training-words">
        <Icon of={IconLoader2} className="spin" />
        <span className="num">{words}</span>
      </span>
      <span className="sr" role="status">
        {queued ? texts.trainButton.queued : texts.trainButton.percentDone(Math.floor(percent / 25) * 25)}
      </span>
    </Button>
  )
}

/** True for a few seconds after a training that was seen running has ended. */
function useJustEnded(latest: Training | null): boolean {
  const [seen, setSeen] = useState<string | null>(null)
  const running = runs(latest)
  const id = latest?.id ?? null
  if (running && seen !== id) setSeen(id)
  const ended = !running && id !== null && seen === id
  useEffect(() => {
    if (!ended) return undefined
    const timer = setTimeout(() => setSeen(null), SHOWN_TRAINED)
    return () => clearTimeout(timer)
  }, [ended])
  return ended
}
