import { describe, expect, it } from 'vitest'
import type { Trace, Turn, Understood } from '../../api/chats'
import { localOf, modelOf, shortOf, storyOf } from './story'

const turn = (text: string): Turn => ({ number: 1, session: 1, at: '2026-11-25T15:00:00Z', duration_ms: 1, user: { text }, model: null, notice: null, entries: [], trace: null })
const trace = (understanding: Understood): Trace => ({ understanding })

const LOCAL: Understood = { source: 'local', decision: 'the most likely flow', sure: true }
const FAILED: Understood = { source: 'llm', model: 'small', failed: 'small did not answer in time.' }

describe('the story of a turn', () => {
  it.each([
    ['/SetSlots(a=1)', { source: 'payload' }, ['A button says by itself what it means: nothing had to be understood.']],
    ['Maya', { source: 'payload' }, ['The question takes any answer as it is: nothing had to be understood.']],
    ['send money', LOCAL, ['The local model decided: the most likely flow.']],
    ['hm', { source: 'failed' }, ['The understanding failed, so that nothing was understood. The assistant’s log says why.']],
  ] satisfies [string, Understood, string[]][])('of %j', (text, found, sentences) => {
    expect(storyOf(turn(text), trace(found))).toEqual(sentences)
    expect(shortOf(turn(text), trace(found)).failed).toBe(found.source === 'failed')
  })

  it('tells who was asked because another was unsure, and which tries failed before', () => {
    const found: Understood = { source: 'llm', model: 'small', faults: ['big answered 500.'], local: { ...LOCAL, sure: false, decision: 'no flow is likely enough' } }
    expect(storyOf(turn('hm'), trace(found))).toEqual([
      'The local model wasn’t sure (no flow is likely enough), so the language model was asked.',
      'A first try failed: big answered 500.',
      'small answered, and its answer decided.',
    ])
    expect(shortOf(turn('hm'), trace(found))).toEqual({ who: 'language model', failed: false })
    expect([localOf(found)?.decision, modelOf(found)?.model]).toEqual(['no flow is likely enough', 'small'])
  })

  it('tells that the local model decided instead of one that failed', () => {
    const found: Understood = { ...LOCAL, sure: false, llm: FAILED }
    expect(storyOf(turn('hm'), trace(found))).toEqual([
      'The local model wasn’t sure, so the language model was asked.',
      'The language model gave no answer: small did not answer in time.',
      'Local understanding decided instead: the most likely flow.',
    ])
    expect(shortOf(turn('hm'), trace(found))).toEqual({ who: 'local model', failed: true })
    expect(modelOf(found)).toBe(FAILED)
  })

  it('tells that nobody decided where only a language model may', () => {
    expect(storyOf(turn('hm'), trace(FAILED))).toEqual(['The language model gave no answer: small did not answer in time.', 'In this project nothing else may decide.'])
  })
})
