// @vitest-environment jsdom
import { act, renderHook } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import type { Version } from '../api'
import { run } from '../frame/running'
import { useTalk } from './useTalk'

vi.mock('../frame/running', () => ({ run: vi.fn() }))

it('is busy from the press until the start is taken on, and starts once', async () => {
  const answers: ((started: boolean) => void)[] = []
  vi.mocked(run).mockReturnValue(new Promise((resolve) => answers.push(resolve)))
  const { result } = renderHook(() => useTalk('desk'))
  const version = { id: 'v1', number: 1 } as Version
  act(() => result.current[1](version, false))
  expect(result.current[0]).toBe(true)
  act(() => result.current[1](version, false))
  expect(run).toHaveBeenCalledTimes(1)
  await act(async () => answers[0]?.(false))
  expect(result.current[0]).toBe(false)
})
