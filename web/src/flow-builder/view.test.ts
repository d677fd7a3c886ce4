import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Document, Json } from '../documents'
import { faults, keysOf } from './layout/testing/faults'
import { viewOf } from './view'

const ROOT = join(import.meta.dirname, '../../..')
const EXAMPLE = join(ROOT, 'examples/bank')
const BUILT_IN = join(ROOT, 'src/talkwright/assistant/patterns')

interface Content {
  flows?: Record<string, { steps?: unknown[] }>
  responses?: Record<string, Json>
}

const below = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf-8' }).flatMap((path) => (path.endsWith('.yml') ? [join(folder, path)] : []))
const read = [...below(BUILT_IN), ...below(join(EXAMPLE, 'domain')), ...below(join(EXAMPLE, 'data'))].map((path) => parse(readFileSync(path, 'utf-8')) as Content)
const responses = new Map(read.flatMap((content) => Object.entries(content.responses ?? {})))
const flows = read.flatMap((content) => Object.entries(content.flows ?? {}))

describe.each(['en', 'de'])('flows of the example and those that are built in, in %s', (language) => {
  it.each(flows)('%s is drawn without one thing over another', (_, body) => {
    const keys = keysOf(body.steps ?? [])
    const around = { language, mainLanguage: 'en', response: (name: string) => responses.get(name), condition: () => undefined }
    const { layout, captions } = viewOf({ body: body as Json, keys } as Document, around)
    expect(captions.size).toBeGreaterThan(0)
    expect(faults(layout)).toEqual([])
  })
})
