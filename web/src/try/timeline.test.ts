import { describe, expect, it } from 'vitest'
import type { ChatState, Entry, Turn } from '../api/chats'
import { refusal } from './commandWords'
import { slotsOf } from './StateNow'

const slot = (name: string, old: unknown, now: unknown): Entry => ({ kind: 'slot', name, old, new: now })

const error = (type: string): Entry => ({ kind: 'command', command: { command: 'error', error_type: type } })

const turn = (...entries: Entry[]): Turn => ({ number: 1, session: 1, at: '2026-11-25T15:00:00Z', duration_ms: 1, user: { text: 'hello' }, model: null, notice: null, entries }) as Turn

const state = (slots: Record<string, unknown>): ChatState => ({ slots: Object.fromEntries(Object.entries(slots).map(([name, value]) => [name, { value }])), stack: [] }) as unknown as ChatState

describe('the state after a turn', () => {
  it('tells a change only of what changed', () => {
    const last = turn(slot('kept', true, true), slot('back', 'a', 'b'), slot('back', 'b', 'a'), slot('town', null, 'Leeds'), slot('language', 'en', 'en'))
    expect(slotsOf(state({ kept: true, back: 'a', town: 'Leeds', language: 'en', none: null }), last)).toEqual([
      { name: 'town', old: null, value: 'Leeds' },
      { name: 'kept', value: true },
      { name: 'back', value: 'a' },
    ])
  })
})

describe('a message that was refused', () => {
  it('says why', () => {
    expect(refusal([error('rasa_internal_error_user_input_too_long')])).toBe('Message too long')
    expect(refusal([error('rasa_internal_error_user_input_empty')])).toBe('Empty message')
    expect(refusal([{ kind: 'command', command: { command: 'start flow', flow: 'a' } }])).toBeNull()
  })
})
