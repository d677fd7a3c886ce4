import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ApiError, unreachable } from './http'
import { onBack } from './reach'
import { untilAnswered } from './untilAnswered'

vi.mock('./reach', async (original) => ({ ...(await original<typeof import('./reach')>()), onBack: vi.fn() }))
const waiting = new Set<() => void>()
const comesBack = async () => {
  await vi.advanceTimersByTimeAsync(0)
  for (const back of waiting) back()
}

beforeEach(() => {
  vi.useFakeTimers()
  waiting.clear()
  vi.mocked(onBack).mockImplementation((back) => {
    waiting.add(back)
    return () => void waiting.delete(back)
  })
})
afterEach(() => void vi.useRealTimers())

const refusal = (status: number, code = 'code') => new ApiError(status, code, 'No', 'Not so')

it.each([unreachable(), refusal(502), refusal(503), refusal(504)])('asks again once the studio is back: %s', async (error) => {
  const ask = vi.fn().mockRejectedValueOnce(error).mockResolvedValueOnce('yes')
  const answer = untilAnswered(ask)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(ask).toHaveBeenCalledTimes(1)
  await comesBack()
  expect(await answer).toBe('yes')
  expect(waiting.size).toBe(0)
})

it.each([400, 401, 409, 429, 500])('takes a refusal for an answer: %i', async (status) => {
  const ask = vi.fn().mockRejectedValue(refusal(status))
  await expect(untilAnswered(ask)).rejects.toThrow('No')
  expect(ask).toHaveBeenCalledTimes(1)
})

it.each([refusal(503, 'engine-failed'), refusal(504, 'engine-slow')])('leaves to the person what the assistant has had: $code', async (error) => {
  const ask = vi.fn().mockRejectedValue(error)
  await expect(untilAnswered(ask)).rejects.toThrow('No')
  expect(ask).toHaveBeenCalledTimes(1)
})

it('tells after a minute that nothing came', async () => {
  const ask = vi.fn().mockRejectedValue(unreachable())
  const answer = expect(untilAnswered(ask)).rejects.toThrow(unreachable().title)
  await vi.advanceTimersByTimeAsync(59_000)
  expect(ask).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(2_000)
  await answer
  expect(ask).toHaveBeenCalledTimes(2)
  expect(waiting.size).toBe(0)
})
