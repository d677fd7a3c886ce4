/** Tells screen readers what the train button and the dock show: that a training begins, how it ends, what answers now. Here, once, they are followed. */
import { useEffect, useRef } from 'react'
import type { Training } from '../api'
import { tell } from '../focus/told'
import { useAssistant, useMay } from './assistant'
import { useComing } from './coming'
import { coming } from './comingWords'
import { useFollowingTrainings } from './latestTraining'
import { words } from './words'

type Told = Pick<Training, 'version' | 'state' | 'reason' | 'deploy'>

const SENTENCES: Readonly<Record<Training['state'], (training: Told) => string>> = {
  queued: ({ version }) => words.trainingTold.waits(version.name),
  running: ({ version }) => words.trainingTold.started(version.name),
  succeeded: ({ version, deploy }) => (deploy ? coming.trainedAndStarts : words.trainingTold.trained)(version.name),
  failed: ({ version, reason }) => words.trainingTold.failed(version.name, reason ?? ''),
  cancelled: ({ version }) => words.trainingTold.stopped(version.name),
}

export function TrainingTold() {
  const { id, training, deployment } = useAssistant()
  useFollowingTrainings(id, useMay('trainings:read'))
  useChanges(`${training?.id} ${training?.state}`, () => training && tell(SENTENCES[training.state](training)))
  useChanges(`${deployment?.id} ${deployment?.state}`, () => {
    if (deployment?.state === 'running') tell(words.trainingTold.answers(deployment.version.name))
  })
  const next = useComing()
  useChanges(`${next?.version.id} ${next?.state}`, () => {
    if (next?.state === 'failed') tell(coming.toldFailed(next.version.name, next.reason ?? ''))
  })
  return null
}

/** Calls back when `state` becomes another one; what stands there at first is no change. */
function useChanges(state: string, changed: () => void): void {
  const seen = useRef(state)
  useEffect(() => {
    if (state === seen.current) return
    seen.current = state
    changed()
  })
}
