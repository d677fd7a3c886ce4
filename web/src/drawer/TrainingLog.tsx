/** The log of the latest training, line by line while it runs; Stop beside it. */
import { IconPlayerStop, IconTerminal2 } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { api, type LogLine, type Training } from '../api'
import { trainingsQuery } from '../app/queries'
import { useAssistant, useMay } from '../frame/assistant'
import { runs, useLatestTraining } from '../frame/latestTraining'
import { stopTraining } from '../frame/training'
import { StartTold } from '../frame/StartVersion'
import { Button } from '../ui/controls'
import { TrainingMark } from '../ui/marks'
import { Empty, Failure, SkeletonRows } from '../ui/states'
import { elapsed, secondsTime } from '../ui/time'
import { Message } from './Problems'
import { words } from './words'

export function TrainingLog() {
  const { id } = useAssistant()
  const { data, error, refetch } = useQuery(trainingsQuery(id))
  const training = useLatestTraining(id)
  if (error && !data) return <Failure what={words.trainingLog.trainingsUnreadable} error={error} again={() => void refetch()} />
  if (!data) return <SkeletonRows rows={4} widths={[64, 56, 320]} height={24} />
  if (training === null) {
    return (
      <Empty icon={IconTerminal2} title={words.trainingLog.noTrainingYet}>
        {words.trainingLog.whatTrainDoes}
      </Empty>
    )
  }
  return (
    <>
      <Head training={training} />
      <StartTold />
      <Log key={training.id} assistant={id} training={training} />
    </>
  )
}

const STATES = { queued: words.trainingLog.waiting, running: words.trainingLog.training, succeeded: words.trainingLog.trained, failed: words.trainingLog.failed, cancelled: words.trainingLog.stopped } as const

function Head({ training }: { training: Training }) {
  const { id } = useAssistant()
  const may = useMay('trainings:write')
  const now = useNow(runs(training))
  const end = training.ended_at ? Date.parse(training.ended_at) : now
  const started = training.started_at ? Date.parse(training.started_at) : null
  return (
    <div className="log-head">
      <TrainingMark training={training}>
        <span className="med">
          {STATES[training.state]} {training.version.name}
        </span>
      </TrainingMark>
      <span className="small t2 ell">{whyOf(training)}</span>
      <span className="sp" />
      {started !== null && <span className="small num t3">{elapsed(end - started)}</span>}
      {may && runs(training) && (
        <Button icon={IconPlayerStop} look="danger" className="small-btn" onClick={() => void stopTraining(id, training.id)}>
          {words.trainingLog.stop}
        </Button>
      )}
      {runs(training) && (
        <div className="bar log-bar" role="progressbar" aria-label={words.trainingLog.training} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(training.progress * 100)}>
          <i style={{ width: `${Math.round(training.progress * 100)}%` }} />
        </div>
      )}
    </div>
  )
}

/** Why it waits (and why it waits again), how it ended, or what it does. */
export function whyOf({ state, reason, waiting, stage }: Training): string {
  if (state === 'queued') return [reason, waiting].filter(Boolean).join(' ')
  return (state === 'running' ? stage : reason) ?? ''
}

export function useNow(ticking: boolean): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (!ticking) return undefined
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [ticking])
  return now
}

export interface LogRead {
  /** Not there until it has been read once. */
  lines: readonly LogLine[] | undefined
  error: unknown
  again: () => void
}

/** The log so far; asked for again from its end whenever the stream tells of more (see `useFollowingTrainings`). */
export function useLog(assistant: string, training: Training): LogRead {
  const collected = useRef<LogLine[]>([])
  const { data, error, refetch } = useQuery({
    queryKey: ['log', assistant, training.id],
    queryFn: async () => {
      for (;;) {
        const after = collected.current.at(-1)?.number ?? 0
        const { lines } = await api.trainingLog(assistant, training.id, after)
        const last = collected.current.at(-1)?.number ?? 0 // another reading may have come first
        const fresh = lines.filter((line) => line.number > last)
        if (fresh.length === 0) return collected.current
        collected.current = [...collected.current, ...fresh]
      }
    },
    staleTime: 0,
  })
  return { lines: data, error: data ? null : error, again: () => void refetch() }
}

function Log({ assistant, training }: { assistant: string; training: Training }) {
  return <Lines log={useLog(assistant, training)} training={training} />
}

export function Lines({ log, training }: { log: LogRead; training: Training }) {
  if (log.error) return <Failure what={words.trainingLog.logUnreadable} error={log.error} again={log.again} />
  if (!log.lines) return <SkeletonRows rows={4} widths={[64, 56, 320]} height={24} />
  return <Written lines={log.lines} training={training} />
}

function Written({ lines, training }: { lines: readonly LogLine[]; training: Training }) {
  const end = useRef<HTMLDivElement>(null)
  const following = runs(training)
  const told = new Set(lines.map((line) => line.message))
  useEffect(() => {
    if (following) void end.current?.scrollIntoView({ block: 'end' })
  }, [lines, following])
  return (
    <div className="lines code" role="log" aria-label={words.trainingLog.trainingLog}>
      {lines.map((line) => (
        <div key={line.number} className={line.level === 'warning' || line.level === 'warn' ? 'w' : line.level === 'error' ? 'e' : ''}>
          <span className="t3">{secondsTime(line.at)}</span>
          <span className="lv">{line.level}</span>
          <span className="k">{line.stage ?? ''}</span>
          <span className="log-text">{line.message}</span>
        </div>
      ))}
      {training.problems.filter(({ message }) => !told.has(message)).map((problem) => (
        <div key={problem.key} className={problem.severity === 'error' ? 'e' : problem.severity === 'warning' ? 'w' : ''}>
          <span />
          <span className="lv">{problem.severity}</span>
          <span className="k">{problem.name ?? ''}</span>
          <Message text={problem.message} />
        </div>
      ))}
      <div ref={end} />
    </div>
  )
}
