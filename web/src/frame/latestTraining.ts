/** The assistant's newest training with its live progress: one state, whoever shows it. */
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { create } from 'zustand'
import type { LogLine, Training } from '../api'
import { queryClient, trainingsQuery } from '../app/queries'
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

/** Follows the assistant's trainings, for everybody: mounted once in its frame. While one runs the list is read every few seconds in any case. */
export function useFollowingTrainings(assistant: string, enabled: boolean): void {
  useQuery({
    ...trainingsQuery(assistant),
    enabled,
    refetchInterval: (query) => (runs(query.state.data?.items[0]) ? 3000 : false),
  })
  useEffect(
    () =>
      onStream((event) => {
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
