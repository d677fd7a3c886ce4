// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core'
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import { DocumentsProvider, DocumentStore, type Document } from '../documents'
import '../test/layoutless'
import SourceEditor from './SourceEditor'

vi.mock('../frame/assistant', () => ({ useAssistant: () => ({ id: 'desk' }), useMayWrite: () => true }))
vi.mock('../frame/deciding', () => ({ useOpenConflict: () => undefined }))
vi.mock('../files/Unreadable', () => ({ Unreadable: () => null }))
vi.mock('./CodeEditor', () => ({ CodeEditor: ({ value }: { value: string }) => <output>{value}</output> }))

afterEach(cleanup)

const part = (file: string) => ({ file, place: 'a', source: `what ${file} has` })
const document = { id: 'a', kind: 'response', name: 'a', parts: [part('one.yml'), part('two.yml')], problems: [] } as unknown as Document
const broken = { 'a/1': { source: 'what can’t be read', title: '', detail: 'A bracket is missing', line: 3 } }
const text = () => screen.getByRole('status').textContent

it('begins at the part that could not be read, and comes back to it with its line', () => {
  const store = new DocumentStore('desk')
  store.state.setState({ drafts: broken })
  const shown = (line?: number) => (
    <MantineProvider env="test">
      <DocumentsProvider value={store}>
        <SourceEditor document={document} line={line} />
      </DocumentsProvider>
    </MantineProvider>
  )
  const { rerender } = render(shown())
  expect(text()).toBe('what can’t be read')
  fireEvent.click(screen.getByText('one.yml'))
  expect(text()).toBe('what one.yml has')
  rerender(shown(3))
  expect(text()).toBe('what can’t be read')
  act(() => store.discardDraft('a/1'))
  expect(text()).toBe('what two.yml has')
})
