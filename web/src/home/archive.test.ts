import { expect, it, vi } from 'vitest'
import { archiveType, chosenByDrop, neverOf, whyLeftOut } from './archive'

const never = neverOf({ names: ['.git'], beginnings: ['.env'] })
const file = (name: string) => new File(['…'], name)
const entryOf = (each: File) => ({ isDirectory: false, name: each.name, file: (done: (file: File) => void) => done(each) })

/** As the browser hands over what was dropped: a folder is one of the files too. */
function dropped(files: readonly File[], entries: readonly unknown[] = files.map(entryOf)): DataTransfer {
  return { files, items: entries.map((entry) => ({ kind: 'file', webkitGetAsEntry: () => entry })) } as unknown as DataTransfer
}

function folder(name: string, files: readonly File[]): unknown {
  const reader = () => {
    const batches = [files.map(entryOf), []]
    return { readEntries: (done: (entries: unknown) => void) => done(batches.shift()) }
  }
  return { isDirectory: true, name, createReader: reader }
}

it('a dropped archive needs nothing that is asked for', async () => {
  const ask = vi.fn().mockRejectedValue(new Error('The server is away'))
  expect(await chosenByDrop(dropped([file('tea.zip')]), ask)).toMatchObject({ name: 'tea.zip', skipped: [] })
  expect(await chosenByDrop(dropped([file('tea.txt')]), ask)).toBeNull()
  expect(ask).not.toHaveBeenCalled()
})

it('a dropped folder is packed without what never is part of a project', async () => {
  const transfer = dropped([file('tea')], [folder('tea', [file('config.yml'), file('.env')])])
  const chosen = await chosenByDrop(transfer, async () => never)
  expect(chosen).toMatchObject({ name: 'tea', skipped: ['.env'] })
  await expect(chosenByDrop(transfer, () => Promise.reject(new Error('The server is away')))).rejects.toThrow('The server is away')
})

it('of several none is taken', async () => {
  expect(await chosenByDrop(dropped([file('tea.zip'), file('coffee.zip')]), async () => never)).toBe('several')
  expect(await chosenByDrop(dropped([file('tea'), file('tea.zip')], [folder('tea', []), entryOf(file('tea.zip'))]), async () => never)).toBe('several')
})

it.each([
  ['tea.zip', 'application/zip'],
  ['tea.TAR.gz', 'application/gzip'],
  ['tea.tgz', 'application/gzip'],
  ['tea.gz', null],
])('%s is of the type %s', (name, type) => {
  expect(archiveType(name)).toBe(type)
})

it('says why something stays out', () => {
  const out = neverOf({ names: ['.git', 'venv', 'models'], beginnings: ['.env'] })
  expect(['.git/', 'bot/models', '.env.local', 'lib/venv/', 'notes', 'models.txt'].map((path) => whyLeftOut(path, out))).toEqual(['history', 'models', 'secrets', 'tool', 'ignored', 'ignored'])
})
