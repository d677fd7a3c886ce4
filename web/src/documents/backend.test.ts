/**
 * The commands against a real backend. tests/web/test_commands.py starts a studio and runs this file with its address;
 * a run without one passes it over.
 */
import { unzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { setCsrf, type ItemSummary } from '../api'
import { client } from '../api/generated/client.gen'
import { chance, type Chance } from '../test/random'
import type { Command } from './commands'
import { DocumentStore } from './store'
import { randomCommand } from './testing/commands'
import { uuid7 } from './uuid'

const address = process.env['TALKWRIGHT_TEST_ADDRESS']
const assistant = process.env['TALKWRIGHT_TEST_ASSISTANT'] ?? ''
const cookie = process.env['TALKWRIGHT_TEST_COOKIE'] ?? ''
const runs = Number(process.env['TALKWRIGHT_TEST_RUNS'] ?? 20)
const first = Number(process.env['TALKWRIGHT_TEST_SEED'] ?? 0)
const COMMANDS = 12
const label = { name: 'edit', arguments: {} }

async function read(path: string): Promise<Response> {
  const answer = await fetch(`${address}/api/assistants/${assistant}${path}`, { headers: { cookie } })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
  return answer
}

/** Every file of the project, byte for byte. */
async function project(): Promise<Record<string, string>> {
  const files = unzipSync(new Uint8Array(await (await read('/download?format=zip')).arrayBuffer()))
  return Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, Buffer.from(bytes).toString('latin1')]))
}

async function items(): Promise<ItemSummary[]> {
  const page = (await (await read('/items?limit=200')).json()) as { items: ItemSummary[] }
  return page.items
}

/** Waits until the server has everything; a change that waits for a choice would never get there. */
async function saved(store: DocumentStore): Promise<void> {
  while (store.unsaved) {
    expect(store.state.getState().conflicts).toEqual({})
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

const CREATED: Readonly<Record<string, string>> = { response: '[{"text": "New"}]', slot: '{"type": "text"}', flow: '{"description": "New", "steps": [{"action": "utter_new"}]}' }
const RENAMED = new Set(['flow', 'response', 'slot', 'intent', 'entity', 'synonym', 'regex', 'lookup', 'action'])

/** A command on an item as a whole, or on its text. */
function wholeCommand(store: DocumentStore, item: string, random: Chance): Command | null {
  const document = store.state.getState().documents[item]
  if (document === undefined || document.deleted) return null
  const { kind, name } = document
  switch (random.int(4)) {
    case 0:
      return RENAMED.has(kind) ? { name: 'rename', item, to: `${name}_${random.int(9)}`, was: name } : null
    case 1:
      return { name: 'delete', item, kind, called: name }
    case 2: {
      const part = document.parts?.[0]
      // What waits for the server's answer has no text yet that could be typed over.
      if (part === undefined || store.unsaved) return null
      return { name: 'source', item, part: 0, source: `${part.source}${part.source.endsWith('\n') ? '' : '\n'}# ${random.int(9)}\n`, was: part.source }
    }
    default: {
      const made = random.pick(Object.keys(CREATED))
      return { name: 'create', item: uuid7(), kind: made, called: `new_${made}_${random.int(1_000_000)}`, body: JSON.parse(CREATED[made] ?? 'null') as never }
    }
  }
}

describe.skipIf(address === undefined)('any sequence of commands on items of all kinds', () => {
  client.setConfig({ baseUrl: address ?? '', headers: { cookie } })
  setCsrf(process.env['TALKWRIGHT_TEST_CSRF'] ?? '')

  it.each(Array.from({ length: runs }, (_, i) => first + i))('undone, made again and undone, gives every file of the project byte for byte (seed %i)', { timeout: 120_000 }, async (seed) => {
    const random = chance(seed)
    const before = await project()
    const all = (await items()).filter((item) => !item.builtin)
    const refused: string[] = []
    const store = new DocumentStore(assistant, { onRefused: (change, title, detail) => refused.push(`${JSON.stringify(change.commands)}: ${title} ${detail}`) })
    const chosen = Array.from({ length: 4 }, () => random.pick(all).id)
    await Promise.all(chosen.map((id) => store.open(id)))
    store.state.subscribe(({ drafts }, old) => {
      for (const [key, draft] of Object.entries(drafts)) if (old.drafts[key] !== draft) refused.push(`${key}: ${draft.title} ${draft.detail}`)
    })
    let made = 0
    for (let i = 0; i < COMMANDS; i++) {
      const item = random.pick(chosen)
      const document = store.state.getState().documents[item]
      if (document === undefined || document.deleted) continue
      const command = random.int(4) === 0 ? wholeCommand(store, item, random) : randomCommand(document, random)
      if (command !== null && store.run([command], label) !== null) made++
      if (random.int(2) === 0) await saved(store)
    }
    await saved(store)
    const taken = store.state.getState().undo.length
    expect(taken + refused.length, refused.join('\n')).toBe(made)
    const after = await project()
    const goThrough = async (way: 'undo' | 'redo') => {
      for (let i = 0; i < taken; i++) {
        const step = store.state.getState()[way].at(-1)
        expect(store[way](), `${way}: ${JSON.stringify(step)}`).toBe(true)
        if (random.int(3) === 0) await saved(store)
      }
      await saved(store)
      return project()
    }
    expect(await goThrough('undo')).toEqual(before)
    expect(await goThrough('redo')).toEqual(after)
    expect(await goThrough('undo')).toEqual(before)
    for (const id of chosen) {
      const { body, parts } = (await (await read(`/items/${id}`)).json()) as { body: unknown; parts: unknown }
      expect([store.state.getState().documents[id]?.body, store.state.getState().documents[id]?.parts]).toEqual([body, parts])
    }
  })
})
