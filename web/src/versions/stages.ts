/** The stages of a training, made of its log. Pure. */
import type { LogLine, Training } from '../api'
import { words } from './words'

export interface Stage {
  name: string
  /** How long it took, or takes by now, in milliseconds; null before it begins. */
  took: number | null
  state: 'done' | 'now' | 'failed' | 'open'
}

const NAMES = Object.entries(words.panel.stages)

/** All stages in their order; `now` in milliseconds ends the one that runs. */
export function stagesOf(lines: readonly LogLine[], training: Pick<Training, 'state' | 'ended_at'>, now: number): Stage[] {
  const began = NAMES.map(([stage]) => lines.find((line) => line.stage === stage)).map((line) => (line ? Date.parse(line.at) : null))
  const running = training.state === 'running' || training.state === 'queued'
  const end = training.ended_at ? Date.parse(training.ended_at) : now
  const last = began.findLastIndex((at) => at !== null)
  return NAMES.map(([, name], i): Stage => {
    const from = began[i] ?? null
    if (from === null) return { name, took: null, state: 'open' }
    const until = began.slice(i + 1).find((at) => at !== null) ?? end
    const unfinished = i === last && training.state !== 'succeeded'
    return { name, took: Math.max(0, until - from), state: !unfinished ? 'done' : running ? 'now' : 'failed' }
  })
}
