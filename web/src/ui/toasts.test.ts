import { IconWand } from '@tabler/icons-react'
import { beforeEach, expect, it } from 'vitest'
import { toast, useToasts } from './toasts'

beforeEach(() => useToasts.setState({ toasts: [] }))
const said = () => useToasts.getState().toasts.map(({ text }) => text)

it('says the same once, however often it is said again, and last', () => {
  for (const text of ['one', 'two', 'one']) toast(IconWand, text)
  expect(said()).toEqual(['two', 'one'])
})

it('keeps three', () => {
  for (const text of ['one', 'two', 'three', 'four']) toast(IconWand, text)
  expect(said()).toEqual(['two', 'three', 'four'])
})
