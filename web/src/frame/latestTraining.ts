/** The assistant's newest training with its live progress: one state, whoever shows it. */
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { create } from 'zustand'
import type { LogLine, Training } from '../api'
import { deploymentsQuery, queryClient, trainingsQuery } from '../app/queries'
import { onStream } from '../events/bus'

export function runs(training: Training | null | undefined): boolean {
  return training?.state === 'queued' || training?.state === 'running'
}

interface Progress {
  id: string
  progress: number
  stage: string | null
}

/** What the stream told last of a training that runs. */
const useTold = create<{ told: Progress | null }>(() => ({ told: null }))

const waits = (of: { items: readonly { state: string }[] } | undefined) => of?.items[0]?.state === 'queued'

/** Places in the queue changed: what waits is read anew. */
function rereadWaiting(assistant: string): void {
  for (const { queryKey } of [trainingsQuery(assistant), deploymentsQuery(assistant)]) {
    if (waits(queryClient.getQueryData(queryKey))) void queryClient.invalidateQueries({ queryKey })
  }
}

/** Something of the moment may have been missed: what goes on is read anew. */
function rereadUnderWay(assistant: string): void {
  const newest = queryClient.getQueryData(deploymentsQuery(assistant).queryKey)?.items[0]
  if (newest?.state === 'queued' || newest?.state === 'starting') void queryClient.invalidateQueries({ queryKey: ['deployments', assistant] })
  if (!runs(queryClient.getQueryData(trainingsQuery(assistant).queryKey)?.items[0])) return
  for (const key of ['trainings', 'log']) void queryClient.invalidateQueries({ queryKey: [key, assistant] })
}

/** Follows the assistant's trainings, for everybody: mounted once in its frame. All of it comes with the stream; nothing is asked for in turns. */
export function useFollowingTrainings(assistant: string, enabled: boolean): void {
  useQuery({ ...trainingsQuery(assistant), enabled })
  useEffect(
    () =>
      onStream((event) => {
        if (event.type === 'hello' || (event.type === 'frame' && event.kind === 'missed')) return rereadUnderWay(assistant)
        if (event.type === 'frame' && event.kind === 'queue') return rereadWaiting(assistant)
        if (event.type !== 'frame' || event.kind !== 'log' || typeof event['training'] !== 'string') return
        void queryClient.invalidateQueries({ queryKey: ['log', assistant, event['training']] })
        const lines = (Array.isArray(event['lines']) ? event['lines'] : []) as Partial<LogLine>[]
        const line = lines.findLast(({ progress }) => typeof progress === 'number')
        if (line?.progress) useTold.setState({ told: { id: event['training'], progress: line.progress, stage: line.stage ?? null } })
      }),
    [assistant],
  )
}

/** The newest training; its progress is never less than what was told of it already. */
export function useLatestTraining(assistant: string, enabled = true): Training | null {
  const { data } = useQuery({ ...trainingsQuery(assistant), enabled })
  const latest = data?.items[0] ?? null
  const told = useTold((state) => (state.told?.id === latest?.id ? state.told : null))
  if (latest === null || told === null || told.progress < latest.progress || !runs(latest)) return latest
  return { ...latest, state: 'running', progress: told.progress, stage: told.stage ?? latest.stage }
}
