import { expect, it } from 'vitest'
import type { LogLine } from '../api'
import { stagesOf } from './stages'

const line = (number: number, stage: string | null, seconds: number): LogLine => ({ number, stage, at: new Date(seconds * 1000).toISOString(), level: 'info', message: '', progress: null })
const LINES = [line(1, 'reading', 1), line(2, 'checking', 2), line(3, null, 3), line(4, 'learning', 4), line(5, 'learning', 6)]

it('tells how long each stage took and which one runs', () => {
  const stages = stagesOf(LINES, { state: 'running', ended_at: null }, 10_000)
  expect(stages.map(({ state }) => state)).toEqual(['done', 'done', 'now', 'open'])
  expect(stages.map(({ took }) => took)).toEqual([1000, 2000, 6000, null])
})

it('ends with the training', () => {
  const all = [...LINES, line(6, 'writing', 7)]
  const stages = stagesOf(all, { state: 'succeeded', ended_at: new Date(9000).toISOString() }, 99_000)
  expect(stages.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done'])
  expect(stages.at(-1)?.took).toBe(2000)
})

it('shows where a training failed', () => {
  const stages = stagesOf(LINES, { state: 'failed', ended_at: new Date(8000).toISOString() }, 99_000)
  expect(stages.map(({ state }) => state)).toEqual(['done', 'done', 'failed', 'open'])
})
