import { describe, expect, it } from 'vitest'
import { shownState, whoChanged } from './changes'

describe('a change of state', () => {
  it.each(['deployment', 'training'])('by the orchestrator of a %s is one of the model service', (kind) => {
    expect(whoChanged(`${kind} orchestrator 0198c1de-0000-7000-8000-000000000001`)).toBe('the model service')
  })

  it('by a person has the name of the person', () => {
    expect(whoChanged('Anna')).toBe('Anna')
    expect(whoChanged('deployment orchestrator')).toBe('deployment orchestrator')
  })
})

it('shows a run as asleep that stops or has stopped until the next message', () => {
  expect(shownState({ state: 'stopping', asleep: true })).toBe('asleep')
  expect(shownState({ state: 'stopped', asleep: true })).toBe('asleep')
  expect(shownState({ state: 'stopped', asleep: false })).toBe('stopped')
  expect(shownState({ state: 'queued', asleep: true })).toBe('queued')
})
