import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readableTexts } from './readable'

const SRC = join(import.meta.dirname, '..')

const components = readdirSync(SRC, { recursive: true, encoding: 'utf-8' }).filter((path) => path.endsWith('.tsx') && !path.endsWith('.test.tsx'))

describe('texts that people read', () => {
  it.each(components)('stand in the words of their area: %s', (path) => {
    const texts = readableTexts(path, readFileSync(join(SRC, path), 'utf-8')).map(({ line, text }) => `${path}:${line} ${text}`)
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
    ['const options = [{ value: 1, label: "Light" }]', 'Light'],
  ])('are found: %s', (source, text) => {
    expect(readableTexts('a.tsx', source).map((found) => found.text)).toEqual([text])
  })

  it.each(['<p className="small">{words.title}</p>', '<p>{count} · {name}</p>', '<kbd>K</kbd>', '<a href="/import" title={title} />'])('are not found: %s', (source) => {
    expect(readableTexts('a.tsx', source)).toEqual([])
  })
})
