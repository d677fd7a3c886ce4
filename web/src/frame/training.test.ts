import { beforeEach, expect, it, vi } from 'vitest'
import { ApiError } from '../api'
import { storeOf } from '../app/stores'
import { draftKey, DocumentStore, type Command } from '../documents'
import { said, server } from '../documents/testing/tabs'
import { textOf, type TestServer } from '../documents/testing/server'
import { useToasts } from '../ui/toasts'
import { train } from './training'

const start = vi.hoisted(() => vi.fn())
vi.mock('../app/stores', () => ({ storeOf: vi.fn() }))
vi.mock('../api/calls', async (original) => ({ ...(await original<typeof import('../api/calls')>()), startTraining: start }))

const label = { name: 'edit-source', arguments: {} }
const typed = (source: string, item = 'a'): Command => ({ name: 'source', item, part: 0, source, was: textOf(item, said(item === 'a' ? 'Hello' : 'Bye')) })
const told = () => useToasts.getState().toasts.map(({ text }) => text)

let content: TestServer
let store: DocumentStore

beforeEach(async () => {
  useToasts.setState({ toasts: [] })
  start.mockReset().mockResolvedValue({ state: 'queued' })
  content = server()
  store = new DocumentStore('desk', { server: content })
  vi.mocked(storeOf).mockReturnValue(store)
  await store.open('a')
})

/** Types a text that the server can't read. */
function typeBroken(line: number | null = 3): void {
  content.failures.push(new ApiError(422, 'invalid-edit', 'The text can’t be read', 'A bracket is missing', [], [], line))
  store.type(typed('[{'), label)
}

it('takes what was typed with it', async () => {
  store.type(typed(textOf('a', said('Hi'))), label)
  await train('desk', vi.fn())
  expect([content.head('a').body, told(), start.mock.calls.length]).toEqual([said('Hi'), [], 1])
})

it.each([
  [3, 3],
  [null, 1],
])('waits for a text that can’t be read, and leads to its line %s', async (line, asked) => {
  typeBroken(line)
  const go = vi.fn()
  await train('desk', go)
  expect(start).not.toHaveBeenCalled()
  expect(told()).toEqual(['Not trained: some of your changes are not on the server yet: the text of a can’t be read.'])
  useToasts.getState().toasts[0]?.action?.run()
  expect(go).toHaveBeenCalledWith({ kind: 'response', name: 'a', line: asked })
})

it('goes on once the person is back at the saved text', async () => {
  typeBroken()
  await train('desk', vi.fn())
  store.discardDraft(draftKey('a', 0))
  await train('desk', vi.fn())
  expect(start).toHaveBeenCalledTimes(1)
})

it('knows the text that an earlier page left, of an item that is not open', async () => {
  store.state.setState({ drafts: { 'b/0': { source: '[{', title: '', detail: '', line: 2 } } })
  const go = vi.fn()
  await train('desk', go)
  useToasts.getState().toasts[0]?.action?.run()
  expect([start.mock.calls.length, go.mock.calls]).toEqual([0, [[{ kind: 'response', name: 'b', line: 2 }]]])
})

it.each([
  ['of an item that is deleted here', () => (typeBroken(), store.run([{ name: 'delete', item: 'a', kind: 'response', called: 'a' }], label))],
  ['of an item that is gone', () => store.state.setState({ drafts: { 'nobody/0': { source: '[{', title: '', detail: '', line: 1 } } })],
  ['of a part that is gone', () => store.state.setState({ drafts: { 'a/1': { source: '[{', title: '', detail: '', line: 1 } } })],
])('doesn’t wait for a text %s', async (_what, leave) => {
  leave()
  await train('desk', vi.fn())
  expect([told(), start.mock.calls.length]).toEqual([[], 1])
})

it('says that the studio can’t be reached, where it can’t tell what a text is of', async () => {
  store.state.setState({ drafts: { 'b/0': { source: '[{', title: '', detail: '', line: 1 } } })
  vi.spyOn(content, 'item').mockRejectedValue(new ApiError(0, 'unreachable', '', ''))
  await train('desk', vi.fn())
  expect([told(), start.mock.calls.length]).toEqual([['Not trained: some of your changes are not on the server yet: the studio can’t be reached.'], 0])
})
