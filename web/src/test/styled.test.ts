import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { classesOf, givenIn } from './styled'

const SRC = join(import.meta.dirname, '..')
const files = readdirSync(SRC, { recursive: true, encoding: 'utf-8' })
const sheets = files.filter((path) => path.endsWith('.css'))
const sources = files.filter((path) => /\.tsx?$/.test(path) && !/generated|\.test\.|(^|\/)test\/|words\.ts$/i.test(path))

const given = sources.map((path) => givenIn(path, readFileSync(join(SRC, path), 'utf-8')))
const whole = new Set(given.flatMap((each) => [...each.whole]))
const begun = given.flatMap((each) => [...each.begun])

describe('the rules of a style sheet', () => {
  it.each(sheets)('are for classes that some element has: %s', (path) => {
    const unused = [...classesOf(readFileSync(join(SRC, path), 'utf-8'))].filter((name) => !whole.has(name) && !begun.some((start) => name.startsWith(start)))
    expect(unused).toEqual([])
  })

  it('are told from what is no class', () => {
    expect([...classesOf('/* .old */ .a .b:hover, .cm-line { margin: .5px } @media (x) { .c.d { } }')]).toEqual(['a', 'b', 'c', 'd'])
    const { whole: words, begun: starts } = givenIn('a.tsx', "import './diff'\ntype X = 'typed'\nconst hue = 'k-end'\nconst a = <p role=\"menu\" className={`box i-${size} ${on ? 'on' : ''}`} />")
    expect([...words].toSorted()).toEqual(['box', 'i-', 'k-end', 'on'])
    expect([...starts]).toEqual(['i-'])
  })
})
