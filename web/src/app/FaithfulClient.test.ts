import { QueryObserver } from '@tanstack/react-query'
import { expect, it, vi } from 'vitest'
import { FaithfulClient } from './FaithfulClient'

const KEY = ['versions', 'desk']

it('reads once more what is found stale while it is read for the first time', async () => {
  const client = new FaithfulClient()
  const answers: ((value: string) => void)[] = []
  const queryFn = vi.fn(() => new Promise<string>((resolve) => answers.push(resolve)))
  const stop = new QueryObserver(client, { queryKey: KEY, queryFn }).subscribe(() => undefined)
  const told = client.invalidateQueries({ queryKey: ['versions'] })
  answers[0]?.('before the news')
  await vi.waitFor(() => expect(queryFn).toHaveBeenCalledTimes(2))
  answers[1]?.('after it')
  await told
  expect(client.getQueryData(KEY)).toBe('after it')
  stop()
})

it('reads once what was read before', async () => {
  const client = new FaithfulClient()
  client.setQueryData(KEY, 'old')
  const queryFn = vi.fn(async () => 'new')
  const stop = new QueryObserver(client, { queryKey: KEY, queryFn, staleTime: Infinity }).subscribe(() => undefined)
  await client.invalidateQueries({ queryKey: KEY })
  expect(queryFn).toHaveBeenCalledTimes(1)
  stop()
})
