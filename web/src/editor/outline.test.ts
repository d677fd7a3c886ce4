import { describe, expect, it } from 'vitest'
import { outlineOf as outlineOfText, sectionAt } from './outline'
import { yamlText } from './testing'

const outlineOf = (text: string, kind: string) => outlineOfText(yamlText(text), kind)

const FLOW = `  description: Sends money
  steps:
    - id: how_much
      collect: amount
      next:
        - if: slots.amount > 1000
          then:
            - set_slots:
                - steps: 5
            - action: "utter_large"
              next: END
        - else: check
    - { id: check, link: check_funds }

    - id: route
      noop: true
      next: [
`

const CONFIG = `# how it is trained
recipe: default.v1
pipeline:
  - name: NLUCommandAdapter
  - DIET
policies: []
assistant: {id: bank}
`

describe('the outline of a text', () => {
  it('of a flow names its steps in their order, also those of branches, and what is half written', () => {
    expect(outlineOf(FLOW, 'flow').map(({ label, line, step }) => [label, line, step])).toEqual([
      ['amount', 3, 'collect'],
      ['', 8, 'set'],
      ['utter_large', 10, 'message'],
      ['check_funds', 13, 'link'],
      ['route', 15, 'logic'],
    ])
  })

  it('of another text names what stands at the top and just below', () => {
    expect(outlineOf(CONFIG, 'config').map(({ label, line, inner }) => [label, line, inner])).toEqual([
      ['recipe', 2, false],
      ['pipeline', 3, false],
      ['NLUCommandAdapter', 4, true],
      ['DIET', 5, true],
      ['policies', 6, false],
      ['assistant', 7, false],
    ])
    expect(outlineOf('- text: Hello!\n- text: "Good day!"\n', 'response').map(({ label }) => label)).toEqual(['Hello!', 'Good day!'])
  })

  it('of a text that begins with its marks is the same', () => {
    expect(outlineOf('%YAML 1.2\n# of the bank\n---\nrecipe: a\nlanguage: en\n', 'config').map(({ label, line }) => [label, line])).toEqual([
      ['recipe', 4],
      ['language', 5],
    ])
  })

  it('names the line of a step that stands in brackets', () => {
    expect(outlineOf('steps: [\n  {id: a, action: utter_a},\n  {id: b, action: utter_b}]\n', 'flow').map(({ label, line }) => [label, line])).toEqual([
      ['utter_a', 2],
      ['utter_b', 3],
    ])
  })

  it('leaves inner sections out where there are too many to read', () => {
    const many = `slots:\n${Array.from({ length: 500 }, (_, i) => `  slot_${i}:\n    type: text\n`).join('')}`
    expect(outlineOf(many, 'domain').map(({ label }) => label)).toEqual(['slots'])
  })

  it('has none where there is nothing, or no YAML', () => {
    expect([outlineOf('', 'config'), outlineOf('# only words\n', 'config'), outlineOf('just words', 'file')]).toEqual([[], [], []])
  })

  it('tells in which section a line is', () => {
    const sections = outlineOf(FLOW, 'flow')
    expect([1, 3, 7, 9, 10, 14, 99].map((line) => sectionAt(sections, line))).toEqual([-1, 0, 0, 1, 2, 3, 4])
  })
})
