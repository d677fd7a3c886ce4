// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { answered, askNow, doubt, onBack, useReach } from './reach'

const back = vi.fn()
let stop: () => void
let studio: 'there' | 'away'

beforeEach(() => {
  vi.useFakeTimers()
  studio = 'there'
  vi.stubGlobal('fetch', () => (studio === 'there' ? Promise.resolve(new Response('{}')) : Promise.reject(new TypeError('Failed to fetch'))))
  stop = onBack(back)
})

afterEach(async () => {
  studio = 'there'
  await vi.advanceTimersByTimeAsync(60_000)
  stop()
  back.mockReset()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const reached = () => useReach.getState().reached

describe('whoever got no answer', () => {
  it('is called back once the studio answers again', async () => {
    studio = 'away'
    doubt()
    await vi.advanceTimersByTimeAsync(2_500)
    expect(reached()).toBe(false)
    expect(back).not.toHaveBeenCalled()
    studio = 'there'
    await askNow()
    expect(reached()).toBe(true)
    expect(back).toHaveBeenCalled()
  })

  it('is called back where only its own request was cut', async () => {
    doubt()
    await vi.advanceTimersByTimeAsync(500)
    expect(reached()).toBe(true)
    expect(back).toHaveBeenCalledTimes(1)
  })

  it('is called back where its request was cut just after another one got through', async () => {
    studio = 'away'
    doubt()
    await vi.advanceTimersByTimeAsync(500)
    answered(200)
    back.mockReset()
    doubt()
    studio = 'there'
    await vi.advanceTimersByTimeAsync(10_000)
    expect(back).toHaveBeenCalled()
  })

  it('tries what fails all the same at growing pauses only', async () => {
    back.mockImplementation(doubt)
    doubt()
    await vi.advanceTimersByTimeAsync(31_000)
    expect(back.mock.calls.length).toBeLessThanOrEqual(9)
    back.mockReset()
  })
})
