import { expect, it, vi } from 'vitest'
import type { Chat, Turn } from '../api/chats'
import { ApiError, unreachable } from '../api/http'
import { goOn, greet, openLatest, say, sayAgain, startOver, update, useSessions } from './session'
import { later } from './testing'

const restart = vi.hoisted(() => vi.fn())
const create = vi.hoisted(() => vi.fn().mockResolvedValue({ id: 'chat' }))
const send = vi.hoisted(() => vi.fn())
const timeline = vi.hoisted(() => vi.fn())
const mine = vi.hoisted(() => vi.fn().mockResolvedValue({ items: [], next: null }))
const back = vi.hoisted(() => ({ calls: new Set<() => void>() }))
vi.mock('../api/chats', () => ({ createChat: create, restartChat: restart, sendMessage: send, chatTimeline: timeline, myChats: mine }))
vi.mock('../api/reach', async (original) => ({
  ...(await original<typeof import('../api/reach')>()),
  onBack: (call: () => void) => {
    back.calls.add(call)
    return () => void back.calls.delete(call)
  },
}))

it('asks for the first words again, once, where a studio that goes leaves them without an answer', async () => {
  restart.mockRejectedValueOnce(unreachable()).mockResolvedValueOnce({ turn: { number: 1 }, state: {} })
  const greeting = greet('desk', 'en')
  await vi.waitFor(() => expect(restart).toHaveBeenCalledTimes(1))
  await Promise.resolve()
  for (const call of back.calls) call()
  await greeting
  const { turns, error } = useSessions.getState().sessions.desk ?? {}
  expect([turns, error]).toEqual([[{ number: 1 }], null])
  const [first, second] = restart.mock.calls
  expect(second).toEqual(first)
})

const open = (assistant: string) => useSessions.getState().sessions[assistant]

it('leaves a greeting that comes late to the chat that it was asked for in, and greets in the new one', async () => {
  const late = later()
  restart.mockReturnValueOnce(late.promise).mockResolvedValueOnce({ turn: { number: 1, at: 'now' }, state: {} })
  startOver('late')
  const left = greet('late', 'en')
  startOver('late')
  await greet('late', 'en')
  late.resolve({ turn: { number: 1 }, state: {} })
  await left
  expect([open('late')?.turns, open('late')?.greeting]).toEqual([[{ number: 1, at: 'now' }], null])
})

it('makes a chat once, whether its first message fails or another chat is begun meanwhile', async () => {
  create.mockClear()
  create.mockRejectedValueOnce(new Error('refused'))
  await say('once', 'en', 'hello')
  send.mockResolvedValue({ turn: { number: 1 }, state: {} })
  await say('once', 'en', 'hello')
  startOver('once')
  await say('once', 'en', 'again')
  const ids = create.mock.calls.map(([, { id }]) => id as string)
  expect([ids.length, ids[0] === ids[1], ids[1] === ids[2]]).toEqual([3, true, false])
})

const page = (...numbers: number[]) => ({ turns: numbers.map((number) => ({ number })), state: { step: `${numbers.at(-1)}` }, next: null })
const answer = (number: number) => ({ turn: { number }, state: { step: `${number}` } })
const numbers = (assistant: string) => open(assistant)?.turns.map(({ number }) => number)

it('shows the chat that was chosen last, whichever is read first', async () => {
  const slow = later()
  timeline.mockReturnValueOnce(slow.promise).mockResolvedValueOnce(page(1, 2))
  const first = goOn('two', { id: 'one' } as Chat)
  await goOn('two', { id: 'other' } as Chat)
  slow.resolve(page(1))
  await first
  expect([open('two')?.chat?.id, numbers('two'), open('two')?.loading]).toEqual(['other', [1, 2], false])
})

it('keeps what is typed when another chat is begun', () => {
  update('typed', { draft: 'half a', turns: [{ number: 1 } as Turn] })
  startOver('typed')
  expect([open('typed')?.draft, open('typed')?.turns]).toEqual(['half a', []])
})

it('says what is typed at once in the latest chat, however late that is found and read', async () => {
  const [list, read] = [later(), later()]
  mine.mockClear()
  mine.mockReturnValueOnce(list.promise)
  timeline.mockReturnValueOnce(read.promise).mockResolvedValueOnce(page(1, 2, 3))
  send.mockClear()
  create.mockClear()
  send.mockResolvedValueOnce(answer(3))
  const opening = openLatest('early')
  const saying = say('early', 'en', 'hello')
  expect(open('early')?.pending?.text).toBe('hello')
  list.resolve({ items: [{ id: 'latest' }], next: null })
  await saying
  read.resolve(page(1, 2))
  await opening
  expect([send.mock.calls[0]?.[1], create.mock.calls.length, mine.mock.calls.length]).toEqual(['latest', 0, 1])
  expect([numbers('early'), open('early')?.state?.step, open('early')?.pending]).toEqual([[1, 2, 3], '3', null])
})

it('keeps what is said in a chat that is chosen, while that is read', async () => {
  const read = later()
  timeline.mockReturnValueOnce(read.promise).mockRejectedValueOnce(new Error('not now'))
  send.mockResolvedValueOnce(answer(2))
  const opening = goOn('chosen', { id: 'old' } as Chat)
  await say('chosen', 'en', 'hello')
  expect([open('chosen')?.chat?.id, numbers('chosen')]).toEqual(['old', [2]])
  read.resolve(page(1))
  await opening
  expect([numbers('chosen'), open('chosen')?.state?.step]).toEqual([[1, 2], '2'])
})

it('reads what was said elsewhere between the last turn and an answer, and nothing where none is missing', async () => {
  startOver('gap')
  timeline.mockClear()
  send.mockResolvedValueOnce(answer(1)).mockResolvedValueOnce(answer(2)).mockResolvedValueOnce(answer(5))
  await say('gap', 'en', 'one')
  await say('gap', 'en', 'two')
  expect(timeline).not.toHaveBeenCalled()
  timeline.mockResolvedValueOnce({ ...page(3), next: 3 }).mockResolvedValueOnce(page(4, 5, 6))
  await say('gap', 'en', 'five')
  expect(timeline.mock.calls.map(([, , after]) => after as number)).toEqual([2, 3])
  expect([numbers('gap'), open('gap')?.state?.step, open('gap')?.error]).toEqual([[1, 2, 3, 4, 5, 6], '6', null])
})

it('shows how the chat went on elsewhere, where that keeps a message from being part of it', async () => {
  startOver('moved')
  send.mockResolvedValueOnce(answer(1)).mockRejectedValueOnce(new ApiError(409, 'chat-moved', 'It went on elsewhere', 'Look at it.')).mockResolvedValueOnce(answer(3))
  timeline.mockResolvedValueOnce(page(2))
  await say('moved', 'en', 'one')
  await say('moved', 'en', 'mine')
  expect([numbers('moved'), open('moved')?.pending?.failed?.title]).toEqual([[1, 2], 'It went on elsewhere'])
  await sayAgain('moved', 'en')
  expect([numbers('moved'), open('moved')?.pending]).toEqual([[1, 2, 3], null])
})

it('leaves a message for sending again where the chat to say it in can’t be found, and then finds it', async () => {
  mine.mockRejectedValueOnce(new Error('refused')).mockResolvedValueOnce({ items: [{ id: 'latest' }], next: null })
  send.mockClear()
  send.mockResolvedValueOnce(answer(2))
  timeline.mockResolvedValueOnce(page(1, 2))
  const opening = openLatest('lost')
  await say('lost', 'en', 'hello')
  await opening
  expect([open('lost')?.pending?.failed === null, open('lost')?.error === null]).toEqual([false, false])
  await sayAgain('lost', 'en')
  expect([send.mock.calls[0]?.[1], numbers('lost'), open('lost')?.error]).toEqual(['latest', [1, 2], null])
})
