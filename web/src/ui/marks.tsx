/** Marks of severity and state: each has its own shape, never colour alone. */
import {
  IconAlertCircle,
  IconAlertTriangle,
  IconBulb,
  IconCircleCheck,
  IconCircleDashed,
  IconClock,
  IconLoader2,
  IconSquare,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { Counts, Deployment, Severity, Training } from '../api'
import { Icon } from './Icon'

export const SEVERITIES = {
  error: { icon: IconAlertCircle, colour: 'c-err', one: 'error', many: 'errors' },
  warning: { icon: IconAlertTriangle, colour: 'c-warn', one: 'warning', many: 'warnings' },
  hint: { icon: IconBulb, colour: 'c-run', one: 'hint', many: 'hints' },
} as const

export function worst(counts: Counts): Severity | null {
  if (counts.error > 0) return 'error'
  if (counts.warning > 0) return 'warning'
  return counts.hint > 0 ? 'hint' : null
}

export function inWords(counts: Counts): string {
  const parts = (['error', 'warning', 'hint'] as const).flatMap((severity) => {
    const count = counts[severity]
    return count === 0 ? [] : [`${count} ${count === 1 ? SEVERITIES[severity].one : SEVERITIES[severity].many}`]
  })
  return parts.join(', ')
}

export function SeverityMark({ severity, size = 16 }: { severity: Severity; size?: 12 | 14 | 16 }) {
  const look = SEVERITIES[severity]
  return (
    <span className={`st ${look.colour}`} title={look.one}>
      <Icon of={look.icon} size={size} />
      <span className="sr">{look.one}</span>
    </span>
  )
}

/** Errors and warnings of a row, counted; hints are left to the drawer. */
export function ProblemCount({ counts }: { counts: Counts }) {
  const severity = counts.error > 0 ? 'error' : counts.warning > 0 ? 'warning' : null
  if (severity === null) return null
  const look = SEVERITIES[severity]
  return (
    <span className={`status micro num ${look.colour}`} title={inWords(counts)}>
      <Icon of={look.icon} size={14} />
      <span aria-hidden>{counts.error + counts.warning}</span>
      <span className="sr">{inWords(counts)}</span>
    </span>
  )
}

type Work = Pick<Training | Deployment, 'state' | 'waiting' | 'reason'> & Partial<Pick<Deployment, 'asleep'>>

/** Why a work waits, sleeps or failed; null where its state says enough. Pure. */
export function whyOf({ state, waiting, reason, asleep = false }: Work): string | null {
  return waiting ?? (state === 'failed' || (asleep && state !== 'starting') ? reason : null)
}

const TRAININGS = {
  queued: { icon: IconClock, colour: 't2' },
  running: { icon: IconLoader2, colour: 'c-run' },
  succeeded: { icon: IconCircleCheck, colour: 'c-ok' },
  failed: { icon: IconAlertCircle, colour: 'c-err' },
  cancelled: { icon: IconSquare, colour: 't2' },
  none: { icon: IconCircleDashed, colour: 't2' },
} as const

export function TrainingMark({ training, children }: { training: Pick<Training, 'state'> | null; children: ReactNode }) {
  const look = TRAININGS[training?.state ?? 'none']
  return (
    <span className={`status ${look.colour}`}>
      <Icon of={look.icon} size={14} className={training?.state === 'running' ? 'spin' : ''} />
      {children}
    </span>
  )
}
