import { yaml, yamlLanguage } from '@codemirror/lang-yaml'
import { EditorState, Text } from '@codemirror/state'
import { describe, expect, it, vi } from 'vitest'
import { pathAt, positionAt } from './path'
import { yamlText } from './testing'
import { yamlTextOf } from './yamlText'

/** The path where the cursor, `|`, is. */
function path(marked: string, item: string | null = null): string {
  const at = marked.indexOf('|')
  return pathAt(yamlText(marked.replace('|', '')), at, item).map(({ label, named }) => (named ? `<${label}>` : label)).join(' › ')
}

/** The same with the cursor behind some words of a text. */
const behind = (text: string, words: string, item: string | null = null) => path(text.replace(words, `${words}|`), item)

const FLOW = `  transfer_money:
    description: Sends money # to others
    steps:
      - id: amount
        collect: amount
      - id: route_amount
        noop: true
        next:
          - if: not slots.funds
            then: insufficient
          - if: slots.amount > 1000
            then:
              - id: "ask_twice"
                action: utter_large
                next:
                  - if: slots.sure
                    then:
                      - set_slots:
                          - sure: yes
                  - else: [x, {id: y, next: END}]
          - else: confirm
      - action: utter_done
`

const inFlow = (words: string) => behind(FLOW, words, 'transfer_money')

describe('the path of a place', () => {
  it('goes through nested branches: what has an id by that, all else by its number', () => {
    expect(inFlow('transfer_m')).toBe('<transfer_money>')
    expect(inFlow('Sends')).toBe('<transfer_money> › description')
    expect(inFlow('steps:')).toBe('<transfer_money> › steps')
    expect(inFlow('insuffi')).toBe('<transfer_money> › steps › <route_amount> › next › 1 › then')
    expect(inFlow('amount > 1000')).toBe('<transfer_money> › steps › <route_amount> › next › 2 › if')
    expect(inFlow('utter_large')).toBe('<transfer_money> › steps › <route_amount> › next › 2 › then › <ask_twice> › action')
    expect(inFlow('sure: y')).toBe('<transfer_money> › steps › <route_amount> › next › 2 › then › <ask_twice> › next › 1 › then › 1 › set_slots › 1 › sure')
    expect(inFlow('next: END')).toBe('<transfer_money> › steps › <route_amount> › next › 2 › then › <ask_twice> › next › 2 › else › <y> › next')
    expect(inFlow('confirm')).toBe('<transfer_money> › steps › <route_amount> › next › 3 › else')
    expect(inFlow('utter_done')).toBe('<transfer_money> › steps › 3 › action')
  })

  it('is the same on a line’s indentation, its dash and what is blank behind it', () => {
    expect(path('steps:\n  - id: a\n |   next: b')).toBe('steps › <a> › next')
    expect(path('steps:\n|  - id: a\n    next: b')).toBe('steps › <a>')
    expect(path('steps:\n  -| id: a\n    next: b')).toBe('steps › <a>')
    expect(path('steps:\n  - id: a\n    next:  |')).toBe('steps › <a> › next')
  })

  it('of what is half written is what is there already', () => {
    expect(path('a:\n  - id: b\n    col|')).toBe('a › <b> › col')
    expect(path('a:\n  - id: b\n    next:\n      - if: x\n        th|\n  - id: c\n')).toBe('a › <b> › next › 1 › th')
    expect(path('a:\n  - id: |\n')).toBe('a › 1 › id')
    expect(path('a:\n  - b\n  - |')).toBe('a › 2')
    expect(path('a:\n  - b\n  - |\n  - c')).toBe('a › 2')
    expect(path('a: {b: [1, |')).toBe('a › b')
    expect(path('a:\n  b: "open|\n  c: d\n')).toBe('a › b')
  })

  it('of a line without content is where a key would be in its column', () => {
    const lines = 'steps:\n  - id: a\n    next:\n      - if: x\n        then: y\n'
    expect(path(`${lines}        |`)).toBe('steps › <a> › next › 1')
    expect(path(`${lines}\n\n    |\n  - id: b`)).toBe('steps › <a>')
    expect(path(`${lines}  |`)).toBe('steps')
    expect(path(`${lines}|`)).toBe('')
    expect(path(`${lines}          # why|\n  - id: b`)).toBe('steps › <a> › next › 1 › then')
    expect(path(`${lines}  # a|\n  # b\n  - id: b`)).toBe('steps')
    expect(path(`${lines}  # a\n    # b|\n  - id: b`)).toBe('steps › <a>')
    expect(path('# |first\na: b')).toBe('')
  })

  it('of a comment behind a value is the value’s', () => {
    expect(behind(FLOW, '# to oth')).toBe('transfer_money › description')
    expect(path('a:\n  - # why|\n    id: b')).toBe('a › <b>')
  })

  it('of a text of several lines is its key’s, also where a line is empty or looks like a comment', () => {
    const text = 'a:\n  prompt: !\n    one\n\n    # two\n    b: c\n  d: e'.replace('!', '|-')
    const of = (at: number) => pathAt(yamlText(text), at, null).map(({ label }) => label)
    for (const words of ['one', '\n\n', '# t', 'b: c']) expect(of(text.indexOf(words) + 1)).toEqual(['a', 'prompt'])
    expect(path('a: "one\n|\n  two"')).toBe('a')
  })

  it('begins with the item’s name, also where its text is one of a list or says nothing yet', () => {
    expect(path('  utter_hi:\n    - text: Hi|\n', 'utter_hi')).toBe('<utter_hi> › 1 › text')
    expect(path('  - intent: hi\n    examples: |', 'hi')).toBe('<hi> › examples')
    expect(path('  - hi|', 'hi')).toBe('<hi>')
    expect(path('  utter_h|:\n', 'utter_hi')).toBe('<utter_h>')
    expect(path('|', 'utter_hi')).toBe('<utter_hi>')
    expect(path('|')).toBe('')
    expect(path('slots:\n  town:\n    type: te|xt')).toBe('slots › town › type')
    expect(path('%YAML 1.2\n---\nrecipe: |x')).toBe('recipe')
    expect(path('just wo|rds')).toBe('')
  })

  it('shortens what nobody reads to its end', () => {
    expect(path(`${'k'.repeat(500)}: |`)).toBe(`${'k'.repeat(59)}…`)
  })
})

describe('the position', () => {
  it('counts lines, and characters as people do', () => {
    const doc = Text.of(['a', 'b: 🙂c'])
    expect([positionAt(doc, 0), positionAt(doc, 4), positionAt(doc, 7)]).toEqual([
      { line: 1, column: 1 },
      { line: 2, column: 3 },
      { line: 2, column: 5 },
    ])
  })
})

describe('a long text', () => {
  const doc = `steps:\n${Array.from({ length: 4000 }, (_, i) => `  - id: step_${i}\n    action: utter_${i}\n    next: step_${i + 1}\n`).join('')}`

  it('is read to its end, and not once more for each move of the cursor', () => {
    const start = vi.spyOn(yamlLanguage.parser, 'startParse')
    let state = EditorState.create({ doc, extensions: yaml() })
    let text = yamlTextOf(state, null)
    while (text.tree.length < doc.length) text = yamlTextOf(state, text)
    const reads = start.mock.calls.length
    expect(reads).toBeGreaterThan(0)
    for (const at of [0, 9000, doc.length - 10]) {
      state = state.update({ selection: { anchor: at } }).state
      const next = yamlTextOf(state, text)
      expect(next).toBe(text)
      text = next
    }
    expect(pathAt(text, doc.length - 10, null).map(({ label }) => label)).toEqual(['steps', 'step_3999', 'next'])
    expect(start.mock.calls.length).toBe(reads)
  })
})
