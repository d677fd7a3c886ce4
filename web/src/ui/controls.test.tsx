// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core'
import { cleanup, render } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'
import '../test/layoutless'
import { Button, Why } from './controls'

afterEach(cleanup)

const WHY = 'It was needed by another assistant.'
const tooltip = () => document.querySelector('[role="tooltip"]')?.textContent

describe('a reason', () => {
  it.each([
    ['a word', () => <Why why={WHY}>Asleep</Why>],
    ['a button', () => <Button why={WHY}>Asleep</Button>],
  ])('of %s shows where somebody goes by key, and goes with Escape', async (_, Part) => {
    const person = userEvent.setup()
    render(<MantineProvider env="test"><Part /></MantineProvider>)
    expect(tooltip()).toBeUndefined()
    await person.tab()
    await vi.waitFor(() => expect(tooltip()).toBe(WHY))
    await person.keyboard('{Escape}')
    await vi.waitFor(() => expect(tooltip()).toBeUndefined())
  })

  it('is read out with the word, once', async () => {
    const person = userEvent.setup()
    render(<MantineProvider env="test"><Why why={WHY}>Asleep</Why></MantineProvider>)
    await person.tab()
    const word = document.activeElement
    expect(word?.textContent).toBe(`Asleep${WHY}`)
    expect(word?.getAttribute('aria-describedby')).toBeNull()
  })

  it('that isn’t there is no stop on the way by key', async () => {
    const person = userEvent.setup()
    render(<MantineProvider env="test"><Why why={null}>Running</Why></MantineProvider>)
    await person.tab()
    expect(document.activeElement).toBe(document.body)
  })
})
