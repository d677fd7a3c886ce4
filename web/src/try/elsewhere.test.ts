import { beforeEach, expect, it, vi } from 'vitest'
import type { Chat } from '../api/chats'
import { unreachable } from '../api/http'
import { tellPage } from '../events/bus'
import { followElsewhere } from './elsewhere'
import { goOn, say, useSessions } from './session'
import { later } from './testing'

const send = vi.hoisted(() => vi.fn())
const timeline = vi.hoisted(() => vi.fn())
const back = vi.hoisted(() => ({ calls: new Set<() => void>() }))
vi.mock('../api/chats', () => ({ sendMessage: send, chatTimeline: timeline }))
vi.mock('../api/reach', async (original) => ({
  ...(await original<typeof import('../api/reach')>()),
  onBack: (call: () => void) => {
    back.calls.add(call)
    return () => void back.calls.delete(call)
  },
}))

const turn = (number: number, message = `theirs ${number}`) => ({ number, user: { message_id: message } })
const page = (...numbers: number[]) => ({ turns: numbers.map((number) => turn(number)), state: { step: `${numbers.at(-1)}` }, next: null })
const told = (message: string, chat = 'shared', scope = 'desk') => tellPage({ type: 'fact', scope, id: '1', kind: 'chat', chat, message })
const open = () => useSessions.getState().sessions['desk']
const numbers = () => open()?.turns.map(({ number }) => number)
let stop = () => {}

beforeEach(async () => {
  stop()
  timeline.mockReset().mockResolvedValueOnce(page(1, 2))
  await goOn('desk', { id: 'shared' } as Chat)
  timeline.mockResolvedValueOnce(page(2))
  stop = followElsewhere('desk')
  await vi.waitFor(() => expect(timeline).toHaveBeenCalledTimes(2))
  await Promise.resolve()
  timeline.mockClear()
})

it('shows what is said elsewhere as it is told, from the last turn on, which may have got its words', async () => {
  expect(open()?.elsewhere).toBe(false)
  timeline.mockResolvedValueOnce(page(2, 3))
  told('theirs 3')
  await vi.waitFor(() => expect([numbers(), open()?.state?.step, open()?.elsewhere]).toEqual([[1, 2, 3], '3', true]))
  expect(timeline.mock.calls.map(([, , after]) => after as number)).toEqual([1])
})

it('reads nothing for what was said here, in other chats or at other assistants', async () => {
  send.mockImplementationOnce((_, __, { id }: { id: string }) => Promise.resolve({ turn: turn(3, id), state: {} }))
  await say('desk', 'en', 'mine')
  told(open()?.turns[2]?.user?.message_id ?? '')
  told('theirs', 'another')
  told('theirs', 'shared', 'elsewhere')
  tellPage({ type: 'reset', scopes: ['elsewhere'] })
  expect([timeline.mock.calls.length, open()?.elsewhere]).toEqual([0, false])
})

it('shows what is said elsewhere also while a message of its own waits', async () => {
  const answer = later()
  send.mockReturnValueOnce(answer.promise)
  const saying = say('desk', 'en', 'mine')
  timeline.mockResolvedValueOnce(page(2, 3))
  told('theirs 3')
  await vi.waitFor(() => expect([numbers(), open()?.pending?.text]).toEqual([[1, 2, 3], 'mine']))
  answer.resolve({ turn: turn(4, 'mine'), state: {} })
  await saying
  expect([numbers(), open()?.elsewhere]).toEqual([[1, 2, 3, 4], false])
})

it('reads once more, and not once for each, what is told while it reads', async () => {
  const first = later()
  timeline.mockReturnValueOnce(first.promise).mockResolvedValueOnce(page(3, 4, 5))
  for (const message of ['theirs 3', 'theirs 4', 'theirs 5']) told(message)
  first.resolve(page(2, 3))
  await vi.waitFor(() => expect(numbers()).toEqual([1, 2, 3, 4, 5]))
  expect(timeline).toHaveBeenCalledTimes(2)
})

it('reads it once the studio is back, where that was away', async () => {
  timeline.mockRejectedValueOnce(unreachable()).mockResolvedValueOnce(page(2, 3))
  tellPage({ type: 'reset' })
  await vi.waitFor(() => expect(timeline).toHaveBeenCalledTimes(1))
  await Promise.resolve()
  for (const call of back.calls) call()
  await vi.waitFor(() => expect(numbers()).toEqual([1, 2, 3]))
})
