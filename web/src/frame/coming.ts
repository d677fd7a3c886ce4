/** The model that is to answer next: whether it starts, answers or failed to start. Until it answers, the one before does. */
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { AssistantSummary, Deployment } from '../api'
import { deploymentsQuery } from '../app/queries'
import { useAssistant, useMay } from './assistant'
import { coming } from './comingWords'
import { useLatestTraining } from './latestTraining'

export interface Coming {
  state: 'starting' | 'failed'
  version: { id: string; name: string }
  /** Why it waits, or why it failed. */
  reason: string | null
}

/** So long after a training's end, in milliseconds, its model is awaited although nothing tells of it yet. */
const AWAITED = 30_000

/** Which model is on its way, from what the server tells of trainings and of models that run. Pure. */
export function comingOf({ training, deployment: active }: Pick<AssistantSummary, 'training' | 'deployment'>, listed: Deployment | undefined, now: number): Coming | null {
  // The assistant may have come before the list that has what it runs.
  const newest = listed && active && Date.parse(listed.created_at) < Date.parse(active.created_at) ? active : listed
  const answers = (version: string) => active?.version.id === version && active.state === 'running'
  if (newest !== undefined && !answers(newest.version.id)) {
    const { version, state, waiting, reason } = newest
    // One that runs and is not the assistant's yet is about to be given the talk, or the list came before the assistant.
    if (state === 'queued' || state === 'starting' || state === 'running') return { state: 'starting', version, reason: waiting }
    if (state === 'failed' && !untold(training, active, newest, now)) return { state: 'failed', version, reason }
  }
  return training && untold(training, active, newest, now) ? { state: 'starting', version: training.version, reason: null } : null
}

/** Whether a training has just ended whose model is to run, and nothing tells of that model yet. */
function untold(training: AssistantSummary['training'], active: Deployment | null, newest: Deployment | undefined, now: number): boolean {
  if (training?.state !== 'succeeded' || !training.deploy || training.ended_at === null) return false
  const told = newest?.version.id === training.version.id || (active?.version.id === training.version.id && active.state === 'running')
  return !told && now - Date.parse(training.ended_at) < AWAITED
}

/** What a chat says of the model that is on its way: who answers until then, or that what is said waits for it. Pure. */
export function answersUntil({ state, version }: Coming, now: Pick<Deployment, 'version' | 'asleep'>): string {
  const isSame = version.id === now.version.id
  if (state === 'failed') return isSame ? coming.didNotStart(version.name) : (now.asleep ? coming.stillAsleep : coming.stillThe)(version.name, now.version.name)
  if (isSame) return (now.asleep ? coming.wakes : coming.waits)(version.name)
  return now.asleep ? coming.waits(version.name) : coming.until(version.name, now.version.name)
}

/** The version that answered last and was stopped, where nothing was to run since. */
export function useStopped(): Deployment['version'] | null {
  const assistant = useAssistant()
  const may = useMay('trainings:read')
  const { data } = useQuery({ ...deploymentsQuery(assistant.id), enabled: may })
  return stoppedOf(assistant.deployment, data?.items[0])
}

/** Which version was stopped, so that nothing answers. Pure. */
export function stoppedOf(active: Deployment | null, newest: Deployment | undefined): Deployment['version'] | null {
  return active === null && newest !== undefined && ['stopping', 'stopped'].includes(newest.state) && !newest.asleep ? newest.version : null
}

export function useComing(): Coming | null {
  const assistant = useAssistant()
  const may = useMay('trainings:read')
  const { data } = useQuery({ ...deploymentsQuery(assistant.id), enabled: may })
  // The same that the button shows: the assistant may tell of a training's end later than the list.
  const training = useLatestTraining(assistant.id, may) ?? assistant.training
  const [now, setNow] = useState(Date.now)
  const ended = training?.ended_at
  // What nothing tells of is awaited for a while only.
  useEffect(() => {
    const left = ended ? Date.parse(ended) + AWAITED - Date.now() : 0
    if (left <= 0) return undefined
    const timer = setTimeout(() => setNow(Date.now()), left + 100)
    return () => clearTimeout(timer)
  }, [ended])
  return data === undefined ? null : comingOf({ training, deployment: assistant.deployment }, data.items[0], now)
}
