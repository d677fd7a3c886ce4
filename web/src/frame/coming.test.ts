import { describe, expect, it } from 'vitest'
import type { AssistantSummary, Deployment, Training } from '../api'
import { answersUntil, comingOf, stoppedOf } from './coming'

const ENDED = '2026-03-01T10:00:00Z'
const NOW = Date.parse(ENDED) + 1000
const version = (number: number) => ({ id: `v${number}`, name: `desk-${number}`, number })
const deployment = (number: number, state: Deployment['state'], active = false, reason: string | null = null) =>
  ({ id: `d${number}`, version: version(number), state, active, reason, waiting: null, created_at: `2026-03-01T09:0${number}:00Z` }) as Deployment
const training = (number: number, rest: Partial<Training> = {}) => ({ id: `t${number}`, version: version(number), state: 'succeeded', deploy: true, ended_at: ENDED, ...rest }) as Training
const assistant = (trained: Training | null, active: Deployment | null) => ({ training: trained, deployment: active }) as AssistantSummary

describe('the model that is to answer next', () => {
  const old = deployment(1, 'running', true)

  it('is none while the newest answers', () => {
    expect(comingOf(assistant(training(1), old), old, NOW)).toBeNull()
    expect(comingOf(assistant(null, null), undefined, NOW)).toBeNull()
    expect(comingOf(assistant(training(2), deployment(2, 'running', true)), old, NOW)).toBeNull() // the list has not come yet
  })

  it.each(['queued', 'starting', 'running'] as const)('starts while it is %s and is not given the talk', (state) => {
    expect(comingOf(assistant(training(2), old), deployment(2, state), NOW)).toEqual({ state: 'starting', version: version(2), reason: null })
  })

  it('starts from the end of its training on, though nothing tells of it yet, but not for ever', () => {
    expect(comingOf(assistant(training(2), old), old, NOW)?.state).toBe('starting')
    expect(comingOf(assistant(training(2), old), old, NOW + 60_000)).toBeNull()
    expect(comingOf(assistant(training(2, { deploy: false }), old), old, NOW)).toBeNull()
    expect(comingOf(assistant(training(2, { state: 'failed' }), old), old, NOW)).toBeNull()
  })

  it('says why it failed to start', () => {
    expect(comingOf(assistant(training(2), old), deployment(2, 'failed', false, 'No memory.'), NOW)).toEqual({ state: 'failed', version: version(2), reason: 'No memory.' })
    expect(comingOf(assistant(training(3, { state: 'failed' }), null), deployment(2, 'failed', false, 'No memory.'), NOW)?.state).toBe('failed')
  })

  it('is awaited once it is trained, though the one before failed to start', () => {
    expect(comingOf(assistant(training(3), null), deployment(2, 'failed'), NOW)).toEqual({ state: 'starting', version: version(3), reason: null })
  })
})

it('was stopped where it was the last to run and nothing answers', () => {
  const stopped = deployment(1, 'stopped')
  expect(stoppedOf(null, stopped)).toEqual(version(1))
  expect(stoppedOf(deployment(2, 'running', true), stopped)).toBeNull()
  expect(stoppedOf(null, { ...stopped, asleep: true })).toBeNull()
  expect(stoppedOf(null, deployment(1, 'failed'))).toBeNull()
  expect(stoppedOf(null, undefined)).toBeNull()
})

const next = (number: number, state: 'starting' | 'failed' = 'starting') => ({ state, version: version(number), reason: null })
const now = (asleep = false) => ({ version: version(1), asleep })

describe('what a chat says until a model answers', () => {
  it('is who answers meanwhile', () => {
    expect(answersUntil(next(2), now())).toBe('desk-2 is starting. Until it answers, desk-1 does.')
    expect(answersUntil(next(2, 'failed'), now())).toBe('desk-2 didn’t start: desk-1 answers.')
  })

  it('is that what is said waits, where the same version wakes or starts again', () => {
    expect(answersUntil(next(1), now(true))).toBe('desk-1 is waking. Your message is answered as soon as it is awake.')
    expect(answersUntil(next(1), now())).toBe('desk-1 is starting. What you say is answered as soon as it runs.')
    expect(answersUntil(next(1, 'failed'), now())).toBe('desk-1 didn’t start.')
  })

  it('names nobody who sleeps as the one that answers', () => {
    expect(answersUntil(next(2), now(true))).toBe('desk-2 is starting. What you say is answered as soon as it runs.')
    expect(answersUntil(next(2, 'failed'), now(true))).toBe('desk-2 didn’t start: desk-1 wakes with the next message.')
  })
})
