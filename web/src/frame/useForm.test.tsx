// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core'
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '../api'
import { Dialog } from '../ui/Dialog'
import { useToasts } from '../ui/toasts'
import '../test/layoutless'
import { ConfirmForm } from './ConfirmForm'
import { useForm } from './useForm'

const IN_USE = new ApiError(409, 'model-in-use', 'It is in use', 'Stop it first.')

const cross = () => screen.getByLabelText('Close')
const cancel = () => screen.getByText('Cancel')
const go = () => screen.getByText('Delete')
const overlay = () => document.querySelector('.mantine-Modal-overlay') ?? document.body

const WAYS: readonly [string, () => void][] = [
  ['Cancel', () => fireEvent.click(cancel())],
  ['the cross', () => fireEvent.click(cross())],
  ['Escape', () => fireEvent.keyDown(cancel(), { key: 'Escape' })],
  ['the backdrop', () => fireEvent.click(overlay())],
]

function Asking({ send, onClose }: { send: () => Promise<void>; onClose: () => void }) {
  const form = useForm(send)
  return (
    <ConfirmForm form={form} cancel="Cancel" go="Delete" onClose={onClose}>
      {null}
    </ConfirmForm>
  )
}

/** A dialog that asks; the test refuses what it sends. */
function ask() {
  const onClose = vi.fn()
  const refusals: ((reason: ApiError) => void)[] = []
  const send = () => new Promise<void>((_, refuse) => refusals.push(refuse))
  const { unmount } = render(
    <MantineProvider env="test">
      <Dialog title="Sure?" opened onClose={onClose}>
        <Asking send={send} onClose={onClose} />
      </Dialog>
    </MantineProvider>,
  )
  return { onClose, unmount, refuse: () => act(async () => refusals[0]?.(IN_USE)) }
}

const told = () => [go().getAttribute('aria-busy'), cancel().getAttribute('aria-disabled'), cross().getAttribute('aria-disabled')]

beforeEach(() => useToasts.setState({ toasts: [] }))
afterEach(cleanup)

describe('a dialog that sends', () => {
  it.each(WAYS)('is left by %s before it sends, not while it sends, and after it was refused', async (_, leave) => {
    const { onClose, refuse } = ask()
    leave()
    expect(onClose).toHaveBeenCalledTimes(1)
    fireEvent.click(go())
    leave()
    expect(onClose).toHaveBeenCalledTimes(1)
    await refuse()
    expect(screen.getByText('It is in use. Stop it first.').getAttribute('role')).toBe('alert')
    leave()
    expect(onClose).toHaveBeenCalledTimes(2)
  })

  it('says so at its buttons, which keep the focus', async () => {
    const { refuse } = ask()
    expect(told()).toEqual(['false', 'false', 'false'])
    fireEvent.click(go())
    cancel().focus()
    expect(told()).toEqual(['true', 'true', 'true'])
    expect(fireEvent.mouseDown(overlay()), 'the page takes the focus').toBe(false)
    await refuse()
    expect(told()).toEqual(['false', 'false', 'false'])
    expect(document.activeElement).toBe(cancel())
  })
})

it('tells a refusal in a notice where its page was left meanwhile', async () => {
  const { unmount, refuse } = ask()
  fireEvent.click(go())
  unmount()
  await refuse()
  expect(useToasts.getState().toasts.map(({ text }) => text)).toEqual(['It is in use. Stop it first.'])
})
