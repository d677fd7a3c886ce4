import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { otherwise } from './glossary'
import { literalsIn, readableTexts } from './readable'

const SRC = join(import.meta.dirname, '..')
const OPENAPI = join(SRC, '../openapi.json')
const read = (path: string) => readFileSync(join(SRC, path), 'utf-8')

const files = readdirSync(SRC, { recursive: true, encoding: 'utf-8' }).filter((path) => /\.tsx?$/.test(path) && !/generated|\.test\.|(^|\/)test(ing)?\//.test(path))
const tables = files.filter((path) => /words\.ts$/i.test(path))
const sources = files.filter((path) => !tables.includes(path))

describe('texts that people read', () => {
  it.each(sources)('stand in the words of their area: %s', (path) => {
    const texts = readableTexts(path, read(path)).map(({ line, text }) => `${path}:${line} ${text}`)
    expect(texts).toEqual([])
  })

  it.each([
    ['<p>Two words</p>', 'Two words'],
    ['<Button label="Save it" />', 'Save it'],
    ['<p>{open ? `${count} are open` : null}</p>', 'are open'],
    ['<p title={name || "Nobody"} />', 'Nobody'],
    ['toast(Icon, "Not trained")', 'Not trained'],
    ['const NONE = "nothing is here yet."', 'nothing is here yet.'],
    ['const of = () => `Saved ${at}`', 'Saved'],
    ["throw new ApiError(0, 'offline', 'Nothing answers')", 'Nothing answers'],
    ['const options = [{ value: 1, label: "Light" }]', 'Light'],
  ])('are found: %s', (source, text) => {
    expect(readableTexts('a.tsx', source).map((found) => found.text)).toEqual([text])
  })

  it.each(['<p className="small">{words.title}</p>', '<p>{count} · {name}</p>', '<kbd>K</kbd>', '<a href="/import" title={title} />', "throw new Error('Nobody is here')"])('are not found: %s', (source) => {
    expect(readableTexts('a.tsx', source)).toEqual([])
  })
})

/** What the reference of the API says of paths, operations, schemas and their parts; what answers may hold is not its own. */
function descriptionsIn(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, part]) => (key === 'description' && typeof part === 'string' ? [part] : key === 'examples' ? [] : descriptionsIn(part)))
}

describe('the glossary’s words', () => {
  it.each(tables)('are those of %s', (path) => {
    expect(literalsIn(path, read(path)).flatMap(otherwise)).toEqual([])
  })

  it('are those of the API', () => {
    const descriptions = descriptionsIn(JSON.parse(readFileSync(OPENAPI, 'utf-8')))
    expect(descriptions.length).toBeGreaterThan(200)
    expect(descriptions.flatMap((text) => otherwise(text).map((found) => `${text}: ${found}`))).toEqual([])
  })

  it.each([
    ['You are logged in', 'logged in: say sign in, sign out'],
    ['Two issues were found', 'issues: say problem'],
    ['Your chatbot says', 'chatbot: say assistant'],
  ])('are told from others: %s', (text, found) => {
    expect(otherwise(text)).toEqual([found])
  })

  it.each(['Problems of the assistant', 'Its dialogue', 'The log in the drawer is long', "the bot's `assistant_id`"])('stand in: %s', (text) => {
    expect(otherwise(text)).toEqual([])
  })
})
